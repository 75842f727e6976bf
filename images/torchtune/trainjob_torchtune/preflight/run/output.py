"""The result has to find a writable place, outside the model that it is made from."""

import tempfile
from pathlib import Path

from trainjob_contract.recipes import tell_of_model_folder
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check_output(training: Training) -> Violation | None:
    """Make the output folders and write a file of no length into each (it is removed at once)."""
    folders = {path for path in (training.output, *(one.output for one in training.checkpointers)) if path is not None}
    for folder in sorted(folders):
        for checkpointer in training.checkpointers:
            if folder.resolve().is_relative_to(checkpointer.folder.resolve()):
                return Violation(
                    f"The output folder {folder} lies {tell_of_model_folder(checkpointer.key, checkpointer.folder)}."
                )
        if (violation := _write_into(folder)) is not None:
            return violation
    return None


def _write_into(folder: Path) -> Violation | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".trainjob-"):
            return None
    except OSError as error:
        return Violation(
            f"The output folder {folder} cannot be written ({error.strerror}); "
            "set output_dir to a folder on a volume that the pod's user may write to."
        )
