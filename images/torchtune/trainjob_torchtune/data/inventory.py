"""The data files in a folder, with what their names tell: format, split, and which of several data sets they are of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from trainjob_torchtune.preflight.sight import is_file

FORMATS = {".parquet": "parquet", ".jsonl": "json", ".json": "json", ".csv": "csv", ".arrow": "arrow"}
"""What `datasets` calls the readers of files, by the end of their names."""
_COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst"})
# What tools write beside the rows (datasets.data_files.FILES_TO_IGNORE, and those of save_to_disk).
_NO_ROWS = frozenset({"config.json", "dataset_dict.json", "dataset_info.json", "dataset_infos.json", "state.json"})
_SPLITS = {
    "train": frozenset({"train", "training"}),
    "validation": frozenset({"validation", "valid", "val", "dev"}),
    "test": frozenset({"test", "testing", "eval", "evaluation"}),
}
_SHARD = re.compile(r"-\d+-of-\d+.*$")
_WORDS = re.compile(r"[a-z]+")
_NUMBERS = re.compile(r"[\W_]*\d+")


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file with rows.

    Attributes:
        path: below the folder that was looked at.
        format: the name of its reader.
        size: in bytes.
    """

    path: PurePosixPath
    format: str
    size: int

    @property
    def split(self) -> str | None:
        """What its name says, else the folder that it lies in: `train`, `validation`, `test`, or None."""
        own = _split_of(_stem(self.path))
        folders = (_split_of(part) for part in reversed(self.path.parts[:-1]) if _is_split(part))
        return own or next(folders, None)

    @property
    def label(self) -> str:
        """The split by its full name, such as `train_sft`, without numbers."""
        stem = _stem(self.path)
        return _NUMBERS.sub("", stem) if _split_of(stem) else self.split or ""

    @property
    def part(self) -> PurePosixPath:
        """The folder of one of several data sets, such as `main`; splits and `data` are none."""
        return PurePosixPath(*(part for part in self.path.parts[:-1] if part != "data" and not _is_split(part)))


def take_inventory(folder: Path) -> tuple[DataFile, ...]:
    """Return the data files below a folder, in the order of their paths; hidden ones are left out."""
    return tuple(sorted(_walk(folder), key=lambda file: file.path))


def format_of(name: str) -> str | None:
    """Return the reader of a file, or None if it has no rows."""
    path = PurePosixPath(name)
    if path.name in _NO_ROWS:
        return None
    return FORMATS.get(PurePosixPath(path.stem).suffix if path.suffix in _COMPRESSED else path.suffix)


def _walk(folder: Path) -> Iterator[DataFile]:
    for path in folder.rglob("*"):
        relative = PurePosixPath(path.relative_to(folder))
        kind = format_of(path.name)
        if kind is not None and not any(part.startswith((".", "__")) for part in relative.parts) and is_file(path):
            yield DataFile(relative, kind, path.stat().st_size)


def _stem(path: PurePosixPath) -> str:
    return _SHARD.sub("", path.name).partition(".")[0].lower()


def _split_of(stem: str) -> str | None:
    words = set(_WORDS.findall(stem.lower()))
    return next((split for split, names in _SPLITS.items() if words & names), None)


def _is_split(folder: str) -> bool:
    return any(folder.lower() in names for names in _SPLITS.values())
