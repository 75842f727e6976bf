"""Compressed files: how they begin, and whether they can be read to their end."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from trainjob_torchtune.preflight.data.zstandard_frames import measure_blocks

_HEADS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_BY_NAME = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstandard", ".zip": "zip"}
_READERS: Mapping[str, Callable[[Path], Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
_CHUNK = 1 << 20


def find_compression(path: Path) -> str | None:
    """Return how a file is compressed, by its first bytes; None if it is not, or cannot be opened."""
    try:
        with path.open("rb") as file:
            head = file.read(max(map(len, _HEADS)))
    except OSError:
        return None
    return next((name for one, name in _HEADS.items() if head.startswith(one)), None)


def find_damage(path: Path) -> str | None:
    """Say in what a compressed file is not what its name says; None if it can be read to its end."""
    named, found = _BY_NAME.get(path.suffix.lower()), find_compression(path)
    if named is None:
        return None
    if found != named:
        return f"is no file of {named}, as its name says, but {f'one of {found}' if found else 'not compressed'}"
    try:
        is_empty = (named == "zstandard" and measure_blocks(path) == 0) or (
            named in _READERS and _measure(_READERS[named], path) == 0
        )
    except Exception as error:  # noqa: BLE001 - each has errors of its own
        return f"is damaged or cut off, and cannot be decompressed to its end ({' '.join(str(error).split())})"
    return "is empty, once it is decompressed" if is_empty else None


def is_cut_off(path: Path) -> bool:
    """Say whether a file of zstandard ends within a frame, which its readers take for its end."""
    if find_compression(path) != "zstandard":
        return False
    try:
        measure_blocks(path)
    except EOFError:
        return True
    except ValueError:
        # What its reader makes of it has been seen.
        return False
    return False


def _measure(opener: Callable[[Path], IO[bytes]], path: Path) -> int:
    """Read a file to its end, and return its length."""
    with opener(path) as file:
        return sum(len(chunk) for chunk in iter(lambda: file.read(_CHUNK), b""))
