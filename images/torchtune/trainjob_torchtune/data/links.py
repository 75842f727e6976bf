"""Links to files whose names cannot be said in an override, or mean something else to `datasets`.

They lie in the folder for temporary files, since that of the data may not be written to. Their names depend on the
files alone, so that the cache of `datasets`, which goes by names, is found again by other processes and later runs.
"""

import os
import re
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

# TorchTune refuses an override with a second `=`, OmegaConf puts something in the place of `${}`, and `datasets` reads
# the others as a pattern, or as one file within another.
_UNSPEAKABLE = re.compile(r"[=*?\[\]{}!$\\]|::")
_LONGEST_NAME = 100
_FOLDER = "trainjob-data"


def is_speakable(path: Path | str) -> bool:
    """Say whether an override may name this path."""
    name = str(path)
    return name.isprintable() and not _UNSPEAKABLE.search(name)


def find_links() -> Path:
    """Return the folder that links go to."""
    return Path(tempfile.gettempdir(), f"{_FOLDER}-{os.geteuid()}")


def link_files(files: Sequence[Path], links: Path) -> list[Path]:
    """Make a folder with a link to each of the files, in their order, and return the links.

    Raises:
        OSError: they cannot be made.
    """
    targets = [file.absolute() for file in files]
    folder = links / sha256(b"\0".join(map(os.fsencode, targets))).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return [_link(folder / f"{number:06}-{_clean(file.name)}", file) for number, file in enumerate(targets)]


def find_linked(path: Path) -> Path:
    """Return the file that one of these links stands for, as people know it; any other path is its own."""
    is_ours = path.parent.parent.name.startswith(f"{_FOLDER}-") and path.is_symlink()
    return path.readlink() if is_ours else path


def _link(path: Path, target: Path) -> Path:
    if not path.is_symlink() or path.readlink() != target:
        temporary = path.with_name(f".{os.getpid()}-{path.name}")
        temporary.symlink_to(target)
        temporary.replace(path)
    return path


def _clean(name: str) -> str:
    """Return a name without what cannot be said; its end, which tells the format, stays."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[-_LONGEST_NAME:]
