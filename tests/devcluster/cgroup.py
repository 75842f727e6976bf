"""The cluster's control groups: one tree named after it under each hierarchy, by which its processes are known."""

import os
import re
import time
from pathlib import Path

from tests.devcluster.errors import DevclusterError
from tests.devcluster.spec import CGROUP_PREFIX

_MOUNT = Path("/sys/fs/cgroup")
_UNIFIED = (_MOUNT / "cgroup.controllers").exists()
_REMOVE_WITHIN_S = 10.0


def root_of(cluster: str) -> str:
    """Return the name of a cluster's tree, as a path within each hierarchy."""
    return f"/{CGROUP_PREFIX}{cluster}"


def create(path: str) -> None:
    """Make a group in every hierarchy."""
    for hierarchy in _hierarchies():
        folder = hierarchy / path.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        if _UNIFIED:
            _delegate(folder)


def join(path: str) -> None:
    """Move this process, and what it will start, into a group below the cluster's tree.

    With separate hierarchies (cgroup v1) it joins that of pids and the one of memory only: enough to be counted and
    to be found, and a new cpuset would have to be filled in first.
    """
    joined = [_MOUNT] if _UNIFIED else [_MOUNT / controller for controller in ("pids", "memory")]
    for hierarchy in joined:
        folder = hierarchy / path.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cgroup.procs").write_text("0")


def processes() -> dict[int, str]:
    """Return the processes in the clusters' trees, and the cluster of each."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cgroup"):
        try:
            tree = re.search(f"/{CGROUP_PREFIX}([^/\n]+)", path.read_text())
        except OSError:  # it ended while we looked
            continue
        if tree is not None:
            found[int(path.parent.name)] = tree[1]
    return found


def trees() -> list[Path]:
    """Return the top folders of all clusters' trees."""
    return [folder for hierarchy in _hierarchies() for folder in hierarchy.glob(f"{CGROUP_PREFIX}*")]


def cluster_of(tree: Path) -> str:
    """Return the name of the cluster that a top folder belongs to."""
    return tree.name.removeprefix(CGROUP_PREFIX)


def remove(cluster: str) -> None:
    """Remove a cluster's tree; its processes have been killed."""
    deadline = time.monotonic() + _REMOVE_WITHIN_S
    name = root_of(cluster).lstrip("/")
    while True:
        left = [tree for tree in trees() if tree.name == name and not _removed(tree)]
        if not left:
            return
        if time.monotonic() > deadline:
            raise DevclusterError(f"its processes do not end; {left[0]} cannot be removed")
        time.sleep(0.1)


def _removed(tree: Path) -> bool:
    try:
        for folder, _, _ in os.walk(tree, topdown=False):
            Path(folder).rmdir()
    except OSError:  # busy for a moment after the last process has gone
        return False
    return True


def _hierarchies() -> list[Path]:
    if _UNIFIED:
        return [_MOUNT]
    return [path for path in _MOUNT.iterdir() if path.is_dir() and not path.is_symlink()]


def _delegate(folder: Path) -> None:
    """Let groups below use the controllers: each level has to be told (cgroup v2)."""
    for level in (*reversed([up for up in folder.parents if up.is_relative_to(_MOUNT)]), folder):
        for controller in (_MOUNT / "cgroup.controllers").read_text().split():
            (level / "cgroup.subtree_control").write_text(f"+{controller}")
