"""Which clusters there are on this machine, and what remains of those that have ended."""

import json
from pathlib import Path

from tests.devcluster import cgroup, network
from tests.devcluster.cache import remove
from tests.devcluster.packages import output_of
from tests.devcluster.process import Process
from tests.devcluster.spec import clusters_dir, state_dir


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


def end(name: str) -> None:
    """End a cluster, if it runs, and remove what there is of it, if there is anything."""
    init = holder(name)
    if init is not None:
        init.kill()
    cgroup.remove(name)
    remove(state_dir(name))


def leftovers(running: tuple[str, ...] = ()) -> list[str]:
    """List what is left on this machine of clusters other than those named, one line each; empty is as it should be."""
    kept = set(running)
    found = [f"state {state_dir(name)}" for name in names() if name not in kept]
    found += [f"control group {tree}" for tree in cgroup.trees() if cgroup.cluster_of(tree) not in kept]
    found += [f"process {pid} of {name}" for pid, name in cgroup.processes().items() if name not in kept]
    targets = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    found += [f"mount {target}" for target in targets if Path(target).is_relative_to(clusters_dir())]
    kept_links = {network.host_interface(slot) for slot in _slots(kept)}
    links = [link["ifname"] for link in json.loads(output_of("ip", "-json", "link", "show"))]
    found += [f"interface {link}" for link in links if link.startswith(network.LINK_PREFIX) and link not in kept_links]
    return found


def _slots(kept: set[str]) -> list[int]:
    return [json.loads((state_dir(name) / "cluster.json").read_text())["slot"] for name in kept]
