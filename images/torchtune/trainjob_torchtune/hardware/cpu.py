"""What the torchtune-cpu image changes where there is no CUDA device: the same command lines train on the CPU."""

import os
from collections.abc import Mapping
from pathlib import Path

from trainjob_contract.environment import ACCELERATORS_PER_NODE, NPROC_PER_NODE
from trainjob_contract.tune_run import TuneRun

# Set by the torchtune-cpu image alone: the folder of the sitecustomize.py that mends TorchTune's distributed recipes.
SHIM_VARIABLE = "TRAINJOB_CPU_SHIM"


def adapt_run(run: TuneRun) -> TuneRun:
    """Train on the CPU unless the command line names a device."""
    return run if run.overrides_key("device") else run.with_override("device=cpu")


def adapt_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Load the shim into every Python process, and count processes by accelerators that were asked for, not by CPUs.

    Where torchrun finds no GPU, PET_NPROC_PER_NODE=auto means the number of CPUs, and `gpu` is refused; the operator
    tells in TRAINJOB_ACCELERATORS_PER_NODE how many GPUs the pod would have.
    """
    adapted = dict(environment)
    paths = [environment[SHIM_VARIABLE], environment.get("PYTHONPATH", "")]
    adapted["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    if environment.get(NPROC_PER_NODE) in {"auto", "gpu"}:
        asked = environment.get(ACCELERATORS_PER_NODE, "")
        adapted[NPROC_PER_NODE] = str(max(int(asked), 1) if asked.isdecimal() else 1)
    return adapted


def threads(processes: int, cgroup: Path = Path("/sys/fs/cgroup")) -> dict[str, str]:
    """Share the container's CPUs among its processes: torch would start a thread a CPU of the whole machine in each.

    Waiting threads sleep instead of spinning, since the CPUs are usually shared with other pods.
    """
    each = max(int(available_cpus(cgroup) / processes), 1)
    return {"OMP_NUM_THREADS": str(each), "OMP_WAIT_POLICY": "PASSIVE"}


def available_cpus(cgroup: Path) -> float:
    """Return the CPUs that this process may use: the cgroup's quota (version 2, then 1), or its affinity."""
    allowed = float(len(os.sched_getaffinity(0)))
    for words in (
        _words(cgroup / "cpu.max"),
        _words(cgroup / "cpu" / "cpu.cfs_quota_us") + _words(cgroup / "cpu" / "cpu.cfs_period_us"),
    ):
        match words:
            case [quota, period] if quota.isdecimal() and period.isdecimal() and int(period) > 0:
                return min(int(quota) / int(period), allowed)
    return allowed


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except OSError:
        return []
