"""Zstandard's files need its package; tests/training reads one."""

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from trainjob_torchtune.preflight.data.compression import find_compression, find_damage

ROWS = b'{"input": "a"}\n' * 99


@pytest.mark.parametrize(
    ("name", "content", "compression", "damage"),
    [
        ("a.json.gz", gzip.compress(ROWS, mtime=0), "gzip", None),
        ("a.json.BZ2", bz2.compress(ROWS), "bzip2", None),
        ("a.json.xz", lzma.compress(ROWS), "xz", None),
        ("a.json", gzip.compress(ROWS, mtime=0), "gzip", None),
        ("a.json", ROWS, None, None),
        ("a.json.gz", gzip.compress(ROWS, mtime=0)[:-9], "gzip", "is damaged or cut off"),
        ("a.json.bz2", bz2.compress(ROWS)[:-9], "bzip2", "is damaged or cut off"),
        ("a.json.xz", lzma.compress(ROWS)[:-9], "xz", "is damaged or cut off"),
        ("a.json.gz", gzip.compress(b"", mtime=0), "gzip", "is empty, once it is decompressed"),
        ("a.json.gz", ROWS, None, "is no file of gzip, as its name says, but not compressed"),
        (
            "a.json.zst",
            gzip.compress(ROWS, mtime=0),
            "gzip",
            "is no file of zstandard, as its name says, but one of gzip",
        ),
    ],
)
def test_compression(tmp_path: Path, name: str, content: bytes, compression: str | None, damage: str | None) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = find_damage(path)

    assert find_compression(path) == compression
    assert found is None if damage is None else found is not None and found.startswith(damage)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert find_compression(tmp_path / "a.gz") is None
