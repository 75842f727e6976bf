"""Where what lies in the folder came from, said beside it: there if and only if all of it is."""

import json
from dataclasses import dataclass
from pathlib import Path

from trainjob_contract.storage_uri import Source
from trainjob_contract.workspace import SOURCE_NOTE
from trainjob_initializer.download.selection import ORIGIN


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run has downloaded: the storage URI, its commit, and what was to be left out of it."""

    uri: str
    commit: str
    ignored: tuple[str, ...] = ()


def read_origin(folder: Path) -> Origin | None:
    """Return what the last run noted, if it was not interrupted; unreadable counts as not there."""
    try:
        match json.loads((folder / SOURCE_NOTE).read_text(encoding="utf-8")):
            case {"uri": str(uri), "commit": str(commit), "ignorePatterns": [*ignored]}:
                return Origin(uri, commit, tuple(map(str, ignored)))
    except (OSError, ValueError):
        pass
    return None


def forget_origin(folder: Path) -> None:
    """Say that the folder does not hold one source's files: some are about to change."""
    (folder / SOURCE_NOTE).unlink(missing_ok=True)


def write_origin(folder: Path, origin: Origin) -> None:
    """Note down where the files came from, now that they are all there."""
    note = {"uri": origin.uri, "commit": origin.commit, "ignorePatterns": list(origin.ignored)}
    _write(folder / SOURCE_NOTE, json.dumps(note, indent=4) + "\n")


def name_model(folder: Path, source: Source) -> None:
    """Say which repository a whole model is, as `tune download` does: TorchTune names it in adapters as their base.

    torchtune/_cli/download.py writes it, torchtune/training/checkpointing/_checkpointer.py reads it.
    """
    _write(folder / ORIGIN, _name(source.repository))


def unname_model(folder: Path) -> None:
    """Remove the name of the model that was here before, if it is as it is written here."""
    path = folder / ORIGIN
    try:
        text = path.read_text(encoding="utf-8")
        if text == _name(json.loads(text)["repo_id"]):
            path.unlink()
    except (OSError, ValueError, TypeError, KeyError):
        return


def _name(repository: str) -> str:
    return json.dumps({"repo_id": repository}, indent=4)


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name.removeprefix('.')}.new")
    if not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != text:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
