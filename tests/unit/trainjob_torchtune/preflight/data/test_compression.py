"""Files of zstandard are written out here, since its package is in the trainer's image alone."""

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from trainjob_torchtune.preflight.data.compression import find_compression, find_damage, is_cut_off

# A frame's beginning, and a block of bytes as they are, the last of a frame or not.
ZSTD = b"\x28\xb5\x2f\xfd\x00\x58"
LAST, BLOCK = b"\x29\x00\x00abcde", b"\x28\x00\x00abcde"
SKIPPED = b"\x5a\x2a\x4d\x18\x03\x00\x00\x00any"
CHECKED = b"\x28\xb5\x2f\xfd\x24\x05" + LAST
CUT = "is damaged or cut off"
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
        ("a.json.zst", ZSTD + BLOCK + LAST, "zstandard", None),
        ("a.json.zst", ZSTD + LAST + SKIPPED + ZSTD + LAST, "zstandard", None),
        ("a.json.zst", CHECKED + b"sums", "zstandard", None),
        ("a.json.zst", ZSTD + BLOCK + b"\x2b\xff\x00a", "zstandard", None),
        ("a.json.zst", ZSTD + BLOCK, "zstandard", CUT),
        ("a.json.zst", ZSTD + BLOCK + LAST[:-1], "zstandard", CUT),
        ("a.json.zst", CHECKED + b"su", "zstandard", CUT),
        ("a.json.zst", ZSTD + LAST + SKIPPED[:-1], "zstandard", CUT),
        ("a.json.zst", ZSTD + LAST + b"more", "zstandard", CUT),
        ("a.json.zst", ZSTD + b"\x01\x00\x00", "zstandard", "is empty, once it is decompressed"),
        ("a.json.zip", b"PK\x05\x06", "zip", None),
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


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (ZSTD + BLOCK, True),
        (ZSTD + LAST[:-1], True),
        (ZSTD + LAST, False),
        (ZSTD + b"\x01\x00\x00", False),
        (ZSTD + LAST + b"more", False),
        (b"PAR1", False),
        (gzip.compress(ROWS, mtime=0)[:-9], False),
    ],
)
def test_what_its_readers_take_for_whole(tmp_path: Path, content: bytes, *, expected: bool) -> None:
    (tmp_path / "rows.zst").write_bytes(content)

    assert is_cut_off(tmp_path / "rows.zst") is expected
