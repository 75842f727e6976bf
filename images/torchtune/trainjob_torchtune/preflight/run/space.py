"""The checkpoints have to find room: a disk that fills up ends the run hours later, with the last ones broken."""

import os
from pathlib import Path

from trainjob_torchtune.preflight.model.weights import checkpoint_bytes, describe_bytes
from trainjob_torchtune.preflight.sight import is_folder
from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check_space(training: Training, topology: Topology) -> Violation | None:
    """Compare the least that all checkpoints take with what is free; only the first node writes them.

    An epoch whose folder is there already takes nothing: it was trained before, or is written over.
    """
    each = checkpoint_bytes(training)
    if each is None or training.output is None or topology.node_rank != 0:
        return None
    there = sum(_is_of_this_run(folder, training.saving.epochs) for folder in training.output.glob("epoch_*"))
    epochs = training.saving.epochs - there
    state = 2 * each if training.saving.has_adam and epochs > 1 else 0
    needed, free = epochs * each + state, _free(training.output)
    if needed <= free:
        return None
    with_state = f", and the optimizer's state {describe_bytes(state)}" if state else ""
    some = (free - state) // each
    remedy = f"epochs={there + some} or less" if some > 0 else "free some of it"
    return Violation(
        f"The {epochs} checkpoint(s) that this run writes take at least {describe_bytes(each)} each{with_state}, "
        f"together {describe_bytes(needed)}, but only {describe_bytes(free)} are free on the volume of "
        f"{training.output}: use a larger volume, or {remedy}."
    )


def _is_of_this_run(folder: Path, epochs: int) -> bool:
    number = folder.name.removeprefix("epoch_")
    return number.isdecimal() and int(number) < epochs and is_folder(folder)


def _free(folder: Path) -> int:
    """Return the free bytes of a folder's file system, as far as they are for us and not for root alone."""
    system = os.statvfs(folder)
    return system.f_bavail * system.f_frsize
