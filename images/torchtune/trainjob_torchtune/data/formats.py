"""What the name of a file tells: which of the readers of `datasets` it is for, and whether it has rows at all."""

import re
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

FORMATS = {
    ".parquet": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".arrow": "arrow",
    ".txt": "text",
}
"""Formats by the ends of names; capitals are no other ones."""
COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst"})
ARCHIVE = ".zip"
# These are read from wherever in the file something lies, which no reader of a compressed one can.
UNCOMPRESSED = frozenset({"parquet", "arrow"})
_PARQUET = b"PAR1"
_READERS = {"tsv": "csv"}
# What tools write beside the rows (datasets.data_files.FILES_TO_IGNORE, and those of save_to_disk), and people.
_NO_ROWS = frozenset(
    {
        *("config.json", "dataset_dict.json", "dataset_info.json", "dataset_infos.json", "state.json"),
        *("croissant.json", "generation_config.json", "metadata.json", "package.json", "schema.json"),
        *("special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "trainer_state.json"),
        *("authors.txt", "changelog.txt", "copying.txt", "licence.txt", "license.txt", "notice.txt", "readme.txt"),
        *("requirements.txt", "checksums.txt", "md5sums.txt", "sha256sums.txt"),
    }
)
# Rows may be called so, too, and are where nothing else is there.
_DOUBTFUL = frozenset(
    {
        *("args", "card", "config", "index", "info", "infos", "license", "manifest", "meta", "metadata", "metrics"),
        *("readme", "report", "result", "results", "schema", "schemas", "stats", "statistics"),
    }
)
# What may lie beside rows, has none, and is not passed over by `datasets`.
_BESIDE = frozenset(
    {".htm", ".html", ".ipynb", ".lock", ".log", ".md", ".md5", ".pdf", ".py", ".sha256", ".yaml", ".yml"}
)
_MARKS = frozenset({"_common_metadata", "_metadata", "_success", "licence", "license", "notice"})
_PASSED_OVER = frozenset({"README.md", "config.json", "dataset_dict.json", "dataset_info.json", "dataset_infos.json"})
_WORDS = re.compile(r"[a-z]+")


def format_of(name: str) -> str | None:
    """Return the format of a file by its name, or None if it has no rows, or none that can be read."""
    path = PurePosixPath(name.lower())
    if path.name in _NO_ROWS:
        return None
    if path.suffix not in COMPRESSED:
        return FORMATS.get(path.suffix)
    found = FORMATS.get(PurePosixPath(path.stem).suffix)
    return None if found in UNCOMPRESSED else found


def format_by_head(path: Path) -> str | None:
    """Return the format of a file whose name tells none, such as Hive's `000000_0`, by how it begins."""
    if has_no_rows(path.name):
        return None
    try:
        with path.open("rb") as file:
            return "parquet" if file.read(len(_PARQUET)) == _PARQUET else None
    except OSError:
        return None


def format_within(archive: Path) -> str | None:
    """Return the format of an archive, all of whose files `datasets` reads as rows of one split; None if it is none."""
    try:
        with ZipFile(archive) as opened:
            names = [PurePosixPath(one.filename) for one in opened.infolist() if not one.is_dir()]
    except (BadZipFile, OSError):
        return None
    # As its `iter_files` does.
    found = {format_of(name.name) for name in names if not is_hidden(name)}
    return found.pop() if len(found) == 1 and not found & UNCOMPRESSED else None


def reader_of(form: str) -> str:
    """Return what `datasets` calls the reader of a format."""
    return _READERS.get(form, form)


def is_hidden(path: PurePosixPath) -> bool:
    """Say whether `datasets` passes over a file, for its name or that of a folder above it."""
    return any(part.startswith((".", "__")) for part in path.parts)


def has_no_rows(name: str) -> bool:
    """Say whether a file surely has no rows, and `datasets` would read it all the same."""
    path = PurePosixPath(name.lower())
    return name not in _PASSED_OVER and (path.name in _NO_ROWS | _MARKS or path.suffix in _BESIDE)


def is_doubtful(name: str) -> bool:
    """Say whether a file is likely to tell about rows: its name ends so."""
    words = _WORDS.findall(name.partition(".")[0].lower())
    return bool(words) and words[-1] in _DOUBTFUL
