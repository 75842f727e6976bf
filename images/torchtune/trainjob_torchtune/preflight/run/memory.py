"""Saving takes host memory: the first process gathers the whole model in it, however many GPUs hold it in training."""

from pathlib import Path

from trainjob_torchtune.preflight.model.weights import checkpoint_bytes, describe_bytes
from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import Training

# What Python, torch and a CUDA context take in each process, rather less than more.
_OF_A_PROCESS = 1 << 30
# A group of version 1 without a limit has a number near 2^63.
_NO_LIMIT = 1 << 60


def advise_memory(training: Training, topology: Topology, limit: int | None) -> str | None:
    """Warn if the container's limit is below what saving takes on the first node; how much more it is nobody knows."""
    each = checkpoint_bytes(training)
    if each is None or limit is None or topology.node_rank != 0:
        return None
    gathered = each * (3 if training.saving.has_adam and training.saving.epochs > 1 else 1)
    needed = gathered + topology.processes_per_node * _OF_A_PROCESS
    if needed <= limit:
        return None
    what = "the model and the optimizer's state" if gathered > each else "the model"
    return (
        f"Saving gathers {what} ({describe_bytes(gathered)}) in this container's memory, whose limit is "
        f"{describe_bytes(limit)}: it is likely to be killed when the first epoch ends. Set the memory limit of "
        f"trainer.resourcesPerNode above {describe_bytes(needed)}."
    )


def read_limit(cgroup: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return the container's memory limit in bytes (control groups of version 2, then 1), or None."""
    for path in (cgroup / "memory.max", cgroup / "memory" / "memory.limit_in_bytes"):
        try:
            word = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        return int(word) if word.isdecimal() and int(word) < _NO_LIMIT else None
    return None
