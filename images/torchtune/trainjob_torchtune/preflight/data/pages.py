"""Pages of mapped files count as this process's memory until they are dropped; the files themselves stay mapped."""

import ctypes
import mmap
from collections.abc import Iterable

_MAPS = "/proc/self/maps"
# Address, mode, offset, device, inode, and of a file its name.
_FIELDS = 6


def drop_pages(files: Iterable[str]) -> None:
    """Drop what has been read of files that are mapped to be read only; it is read again where it is asked for.

    Of such mappings nothing can be lost: MADV_DONTNEED leaves their pages to the page cache, changed ones, too.
    """
    names = frozenset(files)
    try:
        library = ctypes.CDLL(None)
        with open(_MAPS, encoding="utf-8", errors="surrogateescape") as maps:  # noqa: PTH123 - no file of the user's
            found = [line.rstrip("\n").split(maxsplit=_FIELDS - 1) for line in maps]
    except OSError:
        return
    for area, mode, *_, name in (fields for fields in found if len(fields) == _FIELDS):
        if name in names and "w" not in mode:
            start, end = (int(address, 16) for address in area.split("-"))
            library.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)
