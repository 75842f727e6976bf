"""The tokenizer's files have to be there."""

import os

from trainjob_torchtune.preflight.folder import describe
from trainjob_torchtune.preflight.nature import EMPTY, find_nature
from trainjob_torchtune.preflight.sight import Sight, find_barrier, is_folder, look_for_file
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check_tokenizer(training: Training) -> Violation | None:
    """Look for every file that the tokenizer's arguments name."""
    for key, path in training.tokenizer_files:
        match look_for_file(path):
            case Sight.FORBIDDEN:
                return Violation(f"The tokenizer file {path} ({key}) cannot be looked for: {find_barrier(path)}.")
            case Sight.ABSENT if not is_folder(path):
                return Violation(f"The tokenizer file {path} ({key}) is missing; {describe(path.parent)}.")
        if not os.access(path, os.R_OK):
            return Violation(f"The tokenizer file {path} ({key}) may not be read by user {os.getuid()}.")
        nature = find_nature(path)
        # A vocabulary of single bytes merges none, and its list of merges may be empty.
        if nature is not None and not (nature is EMPTY and key.endswith("merges_file")):
            return Violation(f"The tokenizer file {path} ({key}) is {nature.words}: {nature.remedy}.")
    return None
