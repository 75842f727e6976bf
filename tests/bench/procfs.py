"""What processes use, as the kernel counts it."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.errors import BenchError
from tests.devcluster import cgroup

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12  # fields of /proc/PID/stat after the program's name
_IDLE, _WAITING = 3, 4  # fields of the first line of /proc/stat
_KIB = 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of a process in bytes, now and at most since its peak was reset."""

    resident: int
    peak: int


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process has used, in steps of a clock tick."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) * _TICK


def memory(pid: int) -> Memory:
    """Give the memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    fields = {name: int(amount) * _KIB for name, amount in re.findall(r"^(Vm\w+):\s+(\d+) kB$", status, re.MULTILINE)}
    return Memory(fields["VmRSS"], fields["VmHWM"])


def reset_peak(pid: int) -> None:
    """Let the peak of a process's memory be what it uses now, where the kernel lets us."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def machine_seconds() -> tuple[float, float]:
    """Give the CPU time of all cores together that was used, and that was not, since the machine's start."""
    fields = [int(field) for field in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    idle = fields[_IDLE] + fields[_WAITING]
    return (sum(fields) - idle) * _TICK, idle * _TICK


def program_of(cluster: str, name: str) -> int:
    """Find a program of a cluster by its name."""
    for pid, of in cgroup.processes().items():
        with suppress(OSError):
            if of == cluster and Path(f"/proc/{pid}/comm").read_text().strip() == name[:15]:
                return pid
    raise BenchError(f"{name} of the cluster {cluster} does not run")
