"""Where the model and the data come from, as the initializer noted it: a retained volume may hold another run's.

The trainer itself is told only where to read, not what a TrainJob asked for: so it says what is there, for whoever
reads the log. Initializers of others leave no note, and of theirs nothing is said.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trainjob_contract.workspace import SOURCE_NOTE
from trainjob_torchtune.preflight.data.files import is_local, list_files
from trainjob_torchtune.run.training import Training

_COMMIT_DIGITS = 7
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """A storage URI and a commit, and the folder that holds all of it."""

    folder: Path
    uri: str
    commit: str


def tell_origins(training: Training, say: Callable[[str], None]) -> None:
    """Say of each folder that the run reads where it was downloaded from, once."""
    for what, origin in dict.fromkeys(_find_origins(training)):
        say(f"{what}: {origin.folder} holds {origin.uri}, commit {origin.commit[:_COMMIT_DIGITS]}.")


def find_origin(path: Path) -> Origin | None:
    """Read the note in a folder, or in the nearest one above it that has one."""
    for folder in (path, *path.parents):
        try:
            match json.loads((folder / SOURCE_NOTE).read_text(encoding="utf-8")):
                case {"uri": str(uri), "commit": str(commit)}:
                    return Origin(folder, _plain(uri), _plain(commit))
        except (OSError, ValueError):
            continue
    return None


def _find_origins(training: Training) -> Iterator[tuple[str, Origin]]:
    for checkpointer in training.checkpointers:
        if (origin := find_origin(checkpointer.folder)) is not None:
            yield "Model", origin
    for dataset in training.datasets:
        folders = {path.parent for path in list_files(dataset)} if is_local(dataset) else set()
        for folder in sorted(folders):
            if (origin := find_origin(folder)) is not None:
                yield "Data set", origin


def _plain(text: str) -> str:
    """Keep what anybody may have written there on one line of the log."""
    return " ".join(text.split())[:_LONGEST]
