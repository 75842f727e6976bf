"""Whether a file of zstandard is whole: its readers take one that is cut off for one that ends there, without a word.

Only the lengths of its blocks are read, by RFC 8878, section 3.1.
"""

import os
from pathlib import Path
from typing import IO

_FRAME = 0xFD2FB528
# Sixteen of them stand for frames to be passed over.
_SKIPPED, _KINDS = 0x184D2A50, 0xFFFFFFF0
_RLE = 1
_ID_BYTES = (0, 1, 2, 4)
_SIZE_BYTES = (0, 2, 4, 8)


def measure_blocks(path: Path) -> int:
    """Return how many bytes the compressed blocks of all frames have.

    Raises:
        EOFError: the file ends within a frame.
        ValueError: what follows a frame is none.
    """
    with path.open("rb") as file:
        end, total = os.fstat(file.fileno()).st_size, 0
        while file.tell() < end:
            magic = _read(file, 4)
            if magic & _KINDS == _SKIPPED:
                file.seek(_read(file, 4), os.SEEK_CUR)
            elif magic == _FRAME:
                total += _pass_frame(file)
            else:
                raise ValueError("what follows a frame is none")
        if file.tell() > end:
            raise EOFError("it ends within a frame")
    return total


def _pass_frame(file: IO[bytes]) -> int:
    descriptor = _read(file, 1)
    is_single, has_checksum = bool(descriptor & 0x20), bool(descriptor & 0x04)
    size = _SIZE_BYTES[descriptor >> 6] or int(is_single)
    file.seek((not is_single) + _ID_BYTES[descriptor & 3] + size, os.SEEK_CUR)
    total, is_last = 0, False
    while not is_last:
        header = _read(file, 3)
        is_last, kind, length = bool(header & 1), header >> 1 & 3, header >> 3
        file.seek(1 if kind == _RLE else length, os.SEEK_CUR)
        total += length
    file.seek(4 * has_checksum, os.SEEK_CUR)
    return total


def _read(file: IO[bytes], length: int) -> int:
    read = file.read(length)
    if len(read) < length:
        raise EOFError("it ends within a frame")
    return int.from_bytes(read, "little")
