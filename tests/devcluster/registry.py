"""Which clusters there are on this machine, and what remains of those that have ended."""

import json
from pathlib import Path

from tests.devcluster import cgroup, network
from tests.devcluster.cache import locked, remove
from tests.devcluster.process import Process
from tests.devcluster.spec import clusters_dir, load_spec, spec_path, state_dir


def record(name: str, init: Process) -> None:
    """Note which process holds a cluster."""
    (state_dir(name) / "init.json").write_text(json.dumps([init.pid, init.started]))


def holder(name: str) -> Process | None:
    """Return PID 1 of a cluster's namespaces, None if no such cluster runs."""
    path = state_dir(name) / "init.json"
    if not path.exists():
        return None
    pid, started = json.loads(path.read_text())
    init = Process(pid, started)
    return init if init.is_alive() else None


def names() -> list[str]:
    """Return the names of all clusters that run or have left something."""
    folder = clusters_dir()
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def running() -> list[str]:
    """Return the names of the clusters that run."""
    return [name for name in names() if holder(name) is not None]


def end(name: str) -> None:
    """End a cluster, if it runs, and remove what there is of it, if there is anything."""
    with locked(f"cluster-{name}"):
        init = holder(name)
        if init is not None:
            init.kill()
        cgroup.remove(name)
        remove(state_dir(name))


def left_by(name: str) -> list[str]:
    """List what there is of one cluster, a line each; empty after its end."""
    state = state_dir(name)
    found = [f"state {state}"] if state.exists() else []
    found += [f"control group {tree}" for tree in cgroup.trees() if cgroup.cluster_of(tree) == name]
    found += [f"process {pid} of {name}" for pid, cluster in cgroup.processes().items() if cluster == name]
    targets = [Path(line.split()[1]) for line in Path("/proc/self/mounts").read_text().splitlines()]
    return found + [f"mount {target}" for target in targets if target.is_relative_to(state)]


def leftovers() -> list[str]:
    """List what there is on this machine of clusters that do not run, a line each; empty is as it should be."""
    kept = running()
    ended = {*names(), *map(cgroup.cluster_of, cgroup.trees()), *cgroup.processes().values()}.difference(kept)
    found = [line for name in sorted(ended) for line in left_by(name)]
    kept_links = {network.host_interface(load_spec(name).slot) for name in kept if spec_path(name).exists()}
    return found + [f"interface {link}" for link in network.host_links() if link not in kept_links]
