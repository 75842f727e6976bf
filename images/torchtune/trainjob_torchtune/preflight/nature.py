"""What a file really is, where its first bytes tell that it is not what its name says."""

from dataclasses import dataclass
from pathlib import Path

_POINTER = b"version https://git-lfs.github.com/spec/"
_PAGES = (b"<!doctype html", b"<html")
_BEGINNING = 512


@dataclass(frozen=True, slots=True)
class Nature:
    """What it is, in words, and what to do about it."""

    words: str
    remedy: str
    is_pointer: bool = False
    is_page: bool = False


EMPTY = Nature("empty (0 bytes)", "download it again, or leave it out")
POINTER = Nature(
    "a pointer of Git LFS, which stands for a file that was not fetched",
    "fetch the file itself (`git lfs pull`), or download it from where it lies",
    is_pointer=True,
)
PAGE = Nature(
    "an HTML page",
    "the address leads to a web page (of a login, perhaps): name that of the file itself, and give the token that "
    "it needs",
    is_page=True,
)


def find_nature(path: Path) -> Nature | None:
    """Return what a file is instead of data; None if its first bytes do not tell, or it cannot be opened."""
    try:
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING)
    except OSError:
        return None
    if not beginning:
        return EMPTY
    if beginning.startswith(_POINTER):
        return POINTER
    return PAGE if beginning.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGES) else None
