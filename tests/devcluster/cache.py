"""The cache folder: what is made once a machine lies there, outside the checkout, made by one process at a time."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.devcluster.errors import DevclusterError

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

# A node mounts folders of its own over these, so nothing that it needs may lie there.
_HIDDEN_ON_NODES = (Path("/run"), Path("/var/lib"), Path("/var/log"))


def cache_dir() -> Path:
    """Return the cache folder, made if it is not there."""
    default = Path.home() / ".cache" / "trainjob-operator"
    path = Path(os.environ.get("TRAINJOB_OPERATOR_CACHE") or default).resolve()
    if any(path.is_relative_to(hidden) for hidden in _HIDDEN_ON_NODES):
        raise DevclusterError(f"TRAINJOB_OPERATOR_CACHE is {path}; it must not lie under /run, /var/lib or /var/log")
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Keep other processes that ask for the same name out."""
    folder = cache_dir() / "locks"
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made(path: Path, make: Callable[[Path], None]) -> Path:
    """Return `path`, made first if it is not there.

    `make` gets a path beside it and fills it; only a whole one is moved to `path`, so that what an interrupted process
    left is never taken for the thing itself.
    """
    if path.exists():
        return path
    with locked(path.name):
        if path.exists():
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.partial")
        remove(partial)
        make(partial)
        partial.rename(path)
    return path


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def digest(parts: Iterable[bytes]) -> str:
    """Return 12 hexadecimal digits that tell one sequence of contents from another."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part)
    return whole.hexdigest()[:12]
