"""On what was measured: figures of different machines cannot be compared."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures depend on."""

    cores: int
    cpu: str
    memory_gib: float
    kernel: str
    kubernetes: str
    python: str

    def describe(self) -> str:
        """Say it in one line."""
        return (
            f"{self.cores} cores of {self.cpu}, {self.memory_gib:.0f} GiB, Linux {self.kernel}, "
            f"Kubernetes {self.kubernetes}, Python {self.python}"
        )


def this_machine(kubernetes: str, python: str) -> Machine:
    """Describe this machine, with the versions of Kubernetes and of the operator's Python."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        cpu=model[1] if model else platform.machine(),
        memory_gib=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        kernel=platform.release(),
        kubernetes=kubernetes,
        python=python,
    )
