"""Why `datasets` could not read files, in words that say more than its own: empty, another encoding, cut off."""

import codecs
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trainjob_torchtune.preflight.data.compression import find_damage, is_cut_off
from trainjob_torchtune.preflight.nature import EMPTY, find_nature
from trainjob_torchtune.violation import Violation

_TEXTS = frozenset({"json", "csv", "text"})
_COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
_CHUNK = 1 << 20
_BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# The guesses, in this order: the first has no meaning for five bytes, the second has one for all.
_GUESSES = ("cp1252", "latin-1")


def explain_unreadable(options: Mapping[str, Any], key: str, files: Sequence[Path]) -> Violation | None:
    """Look for the file that is to blame; None if nothing is found that would say more than the reader's own words."""
    for path in files:
        if find_nature(path) == EMPTY:
            return Violation(f"The data file {path} is {EMPTY.words}: {EMPTY.remedy}.")
        if (damage := find_damage(path)) is not None:
            return Violation(
                f"The data file {path} {damage}: download it again, or give it the name that it should have."
            )
    return check_encoding(options, key, files)


def check_ends(files: Sequence[Path]) -> Violation | None:
    """Look for a file that is cut off where its reader finds nothing wrong: only that of zstandard does not."""
    path = next((path for path in files if is_cut_off(path)), None)
    if path is None:
        return None
    return Violation(f"The data file {path} is cut off within a frame of zstandard: download it again.")


def check_encoding(options: Mapping[str, Any], key: str, files: Sequence[Path]) -> Violation | None:
    """Look for a file that is not in UTF-8, where nothing else is said: some readers find out, some only hand it on."""
    if options.get("source") not in _TEXTS or options.get("encoding") or options.get("encoding_errors"):
        return None
    for path in files:
        found = None if path.suffix.lower() in _COMPRESSED else find_encoding(path)
        if found is not None:
            line, encoding = found
            return Violation(
                f"The data file {path} is not in UTF-8: line {line} holds bytes that mean nothing in it; it is likely "
                f"{encoding}: give {key}.encoding={encoding}, or convert the file (iconv -f {encoding} -t utf-8)."
            )
    return None


def find_encoding(path: Path) -> tuple[int, str] | None:
    """Return the first line that is not UTF-8, and the encoding that the file likely has; None if it is UTF-8."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                wrong = error.object
                return line + wrong[: error.start].count(b"\n"), _guess(path, wrong[error.start : error.start + 1])
            if not chunk:
                return None


def _guess(path: Path, wrong: bytes) -> str:
    with path.open("rb") as file:
        mark = file.read(2)
    if mark in _BYTE_ORDER_MARKS:
        return _BYTE_ORDER_MARKS[mark]
    for encoding in _GUESSES:
        try:
            wrong.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return _GUESSES[-1]
