"""The model has to be there, in the files that the recipe will ask for."""

import os
from pathlib import Path

from trainjob_torchtune.preflight.folder import describe
from trainjob_torchtune.preflight.model.weights import find_defect
from trainjob_torchtune.preflight.nature import find_nature
from trainjob_torchtune.preflight.sight import Sight, find_barrier, is_file, look_for_file, look_for_folder
from trainjob_torchtune.run.training import WEIGHTS, Checkpointer, Training
from trainjob_torchtune.violation import Violation


def check_checkpoints(training: Training) -> Violation | None:
    """Look for every file of every checkpointer; a resumed run may have them among its own output."""
    for checkpointer in training.checkpointers:
        violation = _check(checkpointer, is_resumed=training.is_resumed)
        if violation is not None:
            return violation
    return None


def _check(checkpointer: Checkpointer, *, is_resumed: bool) -> Violation | None:
    folder, key = checkpointer.folder, checkpointer.key
    sight = look_for_folder(folder)
    if sight is Sight.FORBIDDEN:
        return Violation(f"The model folder {folder} ({key}.checkpoint_dir) cannot be seen: {find_barrier(folder)}.")
    if sight is Sight.ABSENT:
        return Violation(f"There is no model folder {folder} ({key}.checkpoint_dir); {describe(folder)}.")
    needed = [folder / "config.json"] if checkpointer.needs_config else []
    for name in checkpointer.files:
        in_output = checkpointer.output / name if checkpointer.output is not None and is_resumed else None
        needed.append(in_output if in_output is not None and is_file(in_output) else folder / name)
    for path in needed:
        sight = look_for_file(path)
        if sight is Sight.FORBIDDEN:
            return Violation(f"The model file {path} cannot be looked for: {find_barrier(path)}.")
        if sight is Sight.ABSENT:
            return Violation(f"The model file {path} is missing; {describe(folder)}{_remedy(folder, path, key)}.")
        if (violation := _look_into(path)) is not None:
            return violation
    return None


def _look_into(path: Path) -> Violation | None:
    """Read how a file begins: of weights other than safetensors no more can be said than what they are not."""
    if not os.access(path, os.R_OK):
        return Violation(f"The model file {path} may not be read by user {os.getuid()} (its mode forbids it).")
    if (nature := find_nature(path)) is not None:
        return Violation(f"The model file {path} is {nature.words}: {nature.remedy}.")
    if path.suffix == ".safetensors" and (defect := find_defect(path)) is not None:
        return Violation(f"The model file {path} {defect}: download it again.")
    return None


def _remedy(folder: Path, missing: Path, key: str) -> str:
    """Suggest the override that names the weights that are there."""
    weights = sorted(path.name for path in folder.iterdir() if path.suffix in WEIGHTS)
    if not weights or missing.suffix not in WEIGHTS:
        return ""
    return f"; if those are the weights, set {key}.checkpoint_files=[{','.join(weights)}]"
