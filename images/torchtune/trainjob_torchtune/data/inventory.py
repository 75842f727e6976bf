"""The files in a folder, with what their names tell: format, split, and which of several data sets they are of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from trainjob_torchtune.data.formats import ARCHIVE, format_by_head, format_of, format_within, is_hidden, reader_of
from trainjob_torchtune.preflight.sight import is_file

_SPLITS = {
    "train": frozenset({"train", "training"}),
    "validation": frozenset({"validation", "valid", "val", "dev"}),
    "test": frozenset({"test", "testing", "eval", "evaluation"}),
}
_SHARD = re.compile(r"-\d+-of-\d+.*$")
_WORDS = re.compile(r"[a-z]+")
_NUMBERS = re.compile(r"[\W_]*\d+")
# What the name of a split may not have in it (datasets.naming).
_NO_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file, which has rows if it has a format.

    Attributes:
        path: below the folder that was looked at.
        format: None if there are no rows in it, or none that can be read.
        size: in bytes.
    """

    path: PurePosixPath
    format: str | None
    size: int

    @property
    def split(self) -> str | None:
        """What its name says, else the folder that it lies in: `train`, `validation`, `test`, or None."""
        own = _split_of(_stem(self.path))
        folders = (_split_of(_value(part)) for part in reversed(self.path.parts[:-1]) if _is_split(part))
        return own or next(folders, None)

    @property
    def label(self) -> str:
        """The split by its full name, such as `train_sft`, without numbers."""
        stem = _stem(self.path)
        return _NO_WORD.sub("_", _NUMBERS.sub("", stem)) if _split_of(stem) else self.split or ""

    @property
    def reader(self) -> str | None:
        """What `datasets` calls the reader of its format."""
        return None if self.format is None else reader_of(self.format)

    @property
    def part(self) -> PurePosixPath:
        """The folder of one of several data sets, such as `main`; not a split, `data`, or a partition (`lang=de`)."""
        folders = self.path.parts[:-1]
        return PurePosixPath(*(part for part in folders if part != "data" and "=" not in part and not _is_split(part)))


def take_inventory(folder: Path) -> tuple[DataFile, ...]:
    """Return the files below a folder, in the order of their paths; hidden ones are left out."""
    return tuple(sorted(_walk(folder), key=lambda file: file.path))


def _walk(folder: Path) -> Iterator[DataFile]:
    for path in folder.rglob("*"):
        relative = PurePosixPath(path.relative_to(folder))
        if is_hidden(relative) or not is_file(path):
            continue
        found = format_within(path) if path.suffix.lower() == ARCHIVE else format_of(path.name) or format_by_head(path)
        yield DataFile(relative, found, path.stat().st_size)


def _stem(path: PurePosixPath) -> str:
    return _SHARD.sub("", path.name).partition(".")[0].lower()


def _split_of(stem: str) -> str | None:
    words = set(_WORDS.findall(stem.lower()))
    return next((split for split, names in _SPLITS.items() if words & names), None)


def _is_split(folder: str) -> bool:
    return any(_value(folder) in names for names in _SPLITS.values())


def _value(folder: str) -> str:
    """Return the name of a folder, or its value where it is one of Hive's partitions, `split=train`."""
    return folder.rpartition("=")[2].lower()
