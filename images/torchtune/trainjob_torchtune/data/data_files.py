"""Chosen files as the value of the override `dataset.data_files`."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from os.path import commonprefix
from pathlib import Path

from trainjob_torchtune.data.choice import TRAIN, Choice
from trainjob_torchtune.data.inventory import DataFile
from trainjob_torchtune.data.links import is_speakable, link_files

# A pattern is short, but what else it may match on the disk is not known here.
_LISTED = 64


def render_data_files(choice: Choice, files: Sequence[DataFile], folder: Path, links: Path) -> str:
    """Return the files of the choice, by split where that has to be.

    Args:
        choice: what is trained on.
        files: all below the folder.
        folder: where they lie.
        links: where links to those may lie whose names cannot be said.

    Raises:
        OSError: no links can be made.
    """
    values = {name: _name_files(group, files, folder, links) for name, group in choice.groups.items()}
    whole = values[TRAIN] if list(values) == [TRAIN] else values
    return json.dumps(whole, ensure_ascii=False)


def _name_files(group: Sequence[DataFile], files: Sequence[DataFile], folder: Path, links: Path) -> str | list[str]:
    """Return one path, or all, or for very many one pattern that matches exactly these; of links where it has to be."""
    paths = [folder / file.path for file in group]
    if not all(is_speakable(path) for path in paths):
        linked = link_files(paths, links)
        return str(linked[0].parent / "*") if len(linked) > _LISTED else _plain([str(link) for link in linked])
    names = [str(file.path) for file in group]
    pattern = f"{commonprefix(names)}*{group[0].path.suffix}"  # noqa: RUF071 - characters are meant
    is_exact = [file for file in files if fnmatchcase(str(file.path), pattern)] == list(group)
    if len(names) > _LISTED and is_exact and all(file.path.parent == group[0].path.parent for file in group):
        return str(folder / pattern)
    return _plain([str(path) for path in paths])


def _plain(names: list[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else names
