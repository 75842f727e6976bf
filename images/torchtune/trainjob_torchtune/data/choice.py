"""One data set out of the files that are there; or which to choose from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trainjob_torchtune.data.formats import is_doubtful, reader_of
from trainjob_torchtune.data.inventory import DataFile
from trainjob_torchtune.data.links import is_speakable
from trainjob_torchtune.violation import Violation

TRAIN = "train"
# What `datasets` calls all splits, one after the other.
_ALL = "all"
_NAMED = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """The rows to train on: their format, and the files by split."""

    format: str
    groups: Mapping[str, Sequence[DataFile]] = field(hash=False)

    @property
    def source(self) -> str:
        """What `datasets` calls the reader."""
        return reader_of(self.format)

    @property
    def used(self) -> tuple[DataFile, ...]:
        """All files."""
        return tuple(file for group in self.groups.values() for file in group)


def choose(files: Sequence[DataFile], folder: Path, split: str | None) -> Choice | Violation | None:
    """Choose the files of a split, in one format; None if none of the files has rows.

    Args:
        files: those below the folder.
        folder: where they lie.
        split: the TrainJob's, such as `train[:95%]`, `train+test` or `all`; None if it does not say.
    """
    names = [name.partition("[")[0].strip() for name in (split or TRAIN).split("+")]
    candidates = _choose_format(files, names)
    if not candidates:
        return None
    if names == [_ALL]:
        groups = {name: [file for file in candidates if (file.label or TRAIN) == name] for name in _labels(candidates)}
    else:
        groups = {name: _of_split(candidates, name, is_asked=split is not None) for name in names}
    choice = Choice(str(candidates[0].format), groups)
    return _check(candidates, choice, folder) or choice


def _choose_format(files: Sequence[DataFile], names: Sequence[str]) -> list[DataFile]:
    """Return the files of one format: that of the split's files, of tables rather than of texts, of most bytes."""
    rows = [file for file in files if file.format is not None]
    certain = [file for file in rows if not is_doubtful(file.path.name)] or rows
    if not any(_is_named(file, names) or (file.split is None and TRAIN in names) for file in certain):
        certain = [file for file in rows if file in certain or _is_named(file, names)]
    wanted = [file for file in certain if _is_named(file, names)] or certain
    tables = [file for file in wanted if file.format != "text"] or wanted
    sizes: dict[str | None, int] = {}
    for file in tables:
        sizes[file.format] = sizes.get(file.format, 0) + file.size
    source = max(sizes, key=lambda name: sizes[name], default=None)
    return [file for file in certain if file.format == source]


def _is_named(file: DataFile, names: Sequence[str]) -> bool:
    return names == [_ALL] or file.split in names or file.label in names


def _labels(files: Sequence[DataFile]) -> list[str]:
    """Return the splits that there are, what is to train on first."""
    return sorted({file.label or TRAIN for file in files}, key=lambda label: (label != TRAIN, label))


def _of_split(files: Sequence[DataFile], name: str, *, is_asked: bool) -> list[DataFile]:
    """Return the files of a split by its full name, or by its kind; files of no split are to train on."""
    found = [file for file in files if file.label == name] or [file for file in files if file.split == name]
    if found or name != TRAIN:
        return found
    unnamed = [file for file in files if file.split is None]
    return unnamed or (list(files) if len({file.label for file in files}) == 1 and not is_asked else [])


def _check(candidates: Sequence[DataFile], choice: Choice, folder: Path) -> Violation | None:
    labels = sorted({file.label for file in candidates if file.label})
    for name, group in choice.groups.items():
        if not group:
            return Violation(
                f"The data set in {folder} has no split {name}; its files are of {_list(labels) or 'none'}: set "
                f"dataset.split to one of these."
            )
        of_group = sorted({file.label or TRAIN for file in group})
        if len(of_group) > 1:
            return Violation(
                f"The data set in {folder} has several splits to train on, {_list(of_group)}: choose with "
                f"dataset.split={of_group[0]}."
            )
    parts = sorted({str(folder / file.part) for file in choice.used})
    if len(parts) > 1:
        named = next((part for part in parts if is_speakable(part)), None)
        remedy = f"choose with dataset.data_dir={named}" if named else "download one of them alone"
        return Violation(f"{folder} holds several data sets, {_list(parts)}: {remedy}.")
    return None


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
