"""Whether a path is there, not there, or may not be seen: pathlib raises where a folder above it forbids the look."""

import os
import stat
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path


class Sight(Enum):
    """What a look at a path came to."""

    THERE = auto()
    ABSENT = auto()
    FORBIDDEN = auto()


def look_for_file(path: Path) -> Sight:
    """Look for a file; whatever else has that name is no file."""
    return _look(path, stat.S_ISREG)


def look_for_folder(path: Path) -> Sight:
    """Look for a folder; whatever else has that name is no folder."""
    return _look(path, stat.S_ISDIR)


def is_file(path: Path) -> bool:
    """Say whether a file is there and may be seen."""
    return look_for_file(path) is Sight.THERE


def is_folder(path: Path) -> bool:
    """Say whether a folder is there and may be seen."""
    return look_for_folder(path) is Sight.THERE


def find_barrier(path: Path) -> str:
    """Say which folder above a path keeps this user out, and how to let it in."""
    closed = next(
        (one for one in reversed(path.absolute().parents) if not os.access(one, os.X_OK, effective_ids=True)),
        path.parent,
    )
    return (
        f"user {os.geteuid()} may not look into {closed}: give the folder a mode that lets the pod's user or group in "
        "(chmod a+rx), or set fsGroup in the pod's securityContext"
    )


def _look(path: Path, is_wanted: Callable[[int], bool]) -> Sight:
    try:
        mode = path.stat().st_mode
    except PermissionError:
        return Sight.FORBIDDEN
    except (OSError, ValueError):
        return Sight.ABSENT
    return Sight.THERE if is_wanted(mode) else Sight.ABSENT
