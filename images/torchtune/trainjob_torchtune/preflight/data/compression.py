"""Compressed files: how they begin, and whether they can be read to their end."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

_HEADS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"PK\x03\x04": "zip",
}
_BY_NAME = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstandard", ".zip": "zip"}
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
    if named not in _READERS:
        return None
    try:
        with _READERS[named](path) as file:
            is_empty = not file.read(1)
            while file.read(_CHUNK):
                pass
    except Exception as error:  # noqa: BLE001 - each has errors of its own
        return f"is damaged or cut off, and cannot be decompressed to its end ({' '.join(str(error).split())})"
    return "is empty, once it is decompressed" if is_empty else None


def _open_zstandard(path: Path) -> IO[bytes]:
    import zstandard  # noqa: PLC0415 - only the trainer's image has it

    opened: IO[bytes] = zstandard.open(path, "rb")
    return opened


_READERS: dict[str, Callable[[Path], Any]] = {
    "gzip": gzip.open,
    "bzip2": bz2.open,
    "xz": lzma.open,
    "zstandard": _open_zstandard,
}
