"""One data set out of the files that are there, as arguments of `datasets.load_dataset`; or which to choose from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from os.path import commonprefix
from pathlib import Path

from trainjob_torchtune.data.inventory import DataFile
from trainjob_torchtune.violation import Violation

_TRAIN = "train"
_NAMED = 8
# A pattern is short, but what else it may match on the disk is not known here.
_LISTED = 64
# TorchTune refuses an override with a second `=`, and `datasets` reads the others as a pattern.
_UNSPEAKABLE = "=*?[]{}!"


@dataclass(frozen=True, slots=True)
class Choice:
    """The rows to train on: the reader, and its files as the value of an override, by split where that has to be."""

    source: str
    data_files: str
    used: tuple[DataFile, ...]


def choose(files: Sequence[DataFile], folder: Path, split: str | None) -> Choice | Violation | None:
    """Choose the files of a split, in the format that holds most bytes; None if they cannot be named in an override.

    Args:
        files: those below the folder.
        folder: where they lie.
        split: the TrainJob's, such as `train[:95%]` or `train+test`; None if it does not say.
    """
    sizes: dict[str, int] = {}
    for file in files:
        sizes[file.format] = sizes.get(file.format, 0) + file.size
    if not sizes:
        return None
    source = max(sizes, key=lambda name: sizes[name])
    candidates = [file for file in files if file.format == source]
    names = [name.partition("[")[0].strip() for name in (split or _TRAIN).split("+")]
    groups = {name: _of_split(candidates, name, is_asked=split is not None) for name in names}
    used = tuple(file for group in groups.values() for file in group)
    violation = _check(candidates, groups, used, folder)
    if violation is not None:
        return violation
    if any(character in str(file.path) for file in used for character in _UNSPEAKABLE):
        return None
    values = {name: _pattern(group, files, folder) for name, group in groups.items()}
    whole = values[_TRAIN] if list(values) == [_TRAIN] else values
    return Choice(source, json.dumps(whole, ensure_ascii=False), used)


def _of_split(files: Sequence[DataFile], name: str, *, is_asked: bool) -> list[DataFile]:
    """Return the files of a split by its full name, or by its kind; files of no split are to train on."""
    found = [file for file in files if file.label == name] or [file for file in files if file.split == name]
    if found or name != _TRAIN:
        return found
    unnamed = [file for file in files if file.split is None]
    return unnamed or (list(files) if len({file.label for file in files}) == 1 and not is_asked else [])


def _check(
    candidates: Sequence[DataFile], groups: dict[str, list[DataFile]], used: Sequence[DataFile], folder: Path
) -> Violation | None:
    labels = sorted({file.label for file in candidates if file.label})
    for name, group in groups.items():
        if not group:
            return Violation(
                f"The data set in {folder} has no split {name}; its files are of {_list(labels) or 'none'}: set "
                f"dataset.split to one of these."
            )
        of_group = sorted({file.label for file in group})
        if len(of_group) > 1:
            return Violation(
                f"The data set in {folder} has several splits to train on, {_list(of_group)}: choose with "
                f"dataset.split={of_group[0]}."
            )
    parts = sorted({str(folder / file.part) for file in used})
    if len(parts) > 1:
        return Violation(f"{folder} holds several data sets, {_list(parts)}: choose with dataset.data_dir={parts[0]}.")
    return None


def _pattern(group: Sequence[DataFile], files: Sequence[DataFile], folder: Path) -> str | list[str]:
    """Return one path, or all, or for very many one pattern that matches exactly these of the files."""
    names = [str(file.path) for file in group]
    if len(names) == 1:
        return str(folder / names[0])
    pattern = f"{commonprefix(names)}*{group[0].path.suffix}"  # noqa: RUF071 - characters are meant
    is_exact = [file for file in files if fnmatchcase(str(file.path), pattern)] == list(group)
    if len(names) > _LISTED and is_exact and all(file.path.parent == group[0].path.parent for file in group):
        return str(folder / pattern)
    return [str(folder / name) for name in names]


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
