"""The result has to find a writable place, outside the model that it is made from."""

import tempfile
from pathlib import Path

from trainjob_torchtune.refusal import Refusal
from trainjob_torchtune.run.training import Training


def check_output(training: Training) -> Refusal | None:
    """Make the output folders and write a file of no length into each (it is removed at once)."""
    folders = {path for path in (training.output, *(one.output for one in training.checkpointers)) if path is not None}
    for folder in sorted(folders):
        for checkpointer in training.checkpointers:
            if folder.resolve().is_relative_to(checkpointer.folder.resolve()):
                return Refusal(
                    f"The output folder {folder} lies inside {checkpointer.key}.checkpoint_dir={checkpointer.folder}; "
                    "set output_dir to a folder outside it."
                )
        if (refusal := _write_into(folder)) is not None:
            return refusal
    return None


def _write_into(folder: Path) -> Refusal | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".trainjob-"):
            return None
    except OSError as error:
        return Refusal(
            f"The output folder {folder} cannot be written ({error.strerror}); "
            "set output_dir to a folder on a volume that the pod's user may write to."
        )
