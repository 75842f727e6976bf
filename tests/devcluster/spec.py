"""What one cluster is to be, and where each of its files lies: the only thing that its processes hand to each other."""

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster.cache import cache_dir
from tests.devcluster.errors import DevclusterError

# Inside the cluster's network namespace; the same in every cluster.
GATEWAY = "10.244.0.1"
POD_NETWORK = "10.244.0.0/16"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
API_PORT = 6443
BRIDGE = "cni0"
UPLINK = "uplink"
INSIDE = f"https://{GATEWAY}:{API_PORT}"

CGROUP_PREFIX = "devcluster-"
PAUSE_IMAGE = "registry.k8s.io/pause:devcluster"
MAX_NODES = 200


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """One cluster; `slot` tells its link to the host from those of other clusters (198.18.SLOT.0/30)."""

    name: str
    nodes: int
    kwok_nodes: int
    """Nodes played by KWOK, beside the real ones."""
    gpus: int
    """Capacity of nvidia.com/gpu of each node."""
    audit: bool
    programs: dict[str, str]
    """Paths of the programs by name."""
    kubectl: str
    slot: int
    torch: str | None
    """A virtual environment that every container sees at /opt/torch."""

    @property
    def state(self) -> Path:
        """The folder with everything that belongs to this cluster."""
        return state_dir(self.name)

    @property
    def host_address(self) -> str:
        """The host's end of the link."""
        return f"198.18.{self.slot}.1"

    @property
    def api_address(self) -> str:
        """The cluster's end of the link."""
        return f"198.18.{self.slot}.2"

    @property
    def pki(self) -> Path:
        """The folder of keys and certificates."""
        return self.state / "pki"

    def kubeconfig(self, user: str) -> Path:
        """Return where a program's kubeconfig lies."""
        return self.state / "kubeconfigs" / user

    def node_names(self) -> list[str]:
        """Return the names of the nodes."""
        return [node_name(number) for number in range(self.nodes)]

    def save(self) -> None:
        """Write it for the processes inside, all at once."""
        path = spec_path(self.name)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(dataclasses.asdict(self)))
        partial.rename(path)


def load_spec(name: str) -> ClusterSpec:
    """Read the specification of a cluster that was started."""
    return ClusterSpec(**json.loads(spec_path(name).read_text()))


def clusters_dir() -> Path:
    """Return the folder that holds a folder for each cluster."""
    return cache_dir() / "clusters"


def state_dir(name: str) -> Path:
    """Return a cluster's folder; DevclusterError for a name that could not be part of a path or a socket's name."""
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?", name):
        raise DevclusterError(f"{name!r} is no name for a cluster: lower-case letters, digits and '-', 30 at most")
    return clusters_dir() / name


def spec_path(name: str) -> Path:
    """Return where a cluster's specification lies."""
    return state_dir(name) / "cluster.json"


def node_name(number: int) -> str:
    """Return the name of a node, counted from 0."""
    return f"node-{number}"


def node_address(number: int) -> str:
    """Return a node's address, a second one on the bridge."""
    return f"10.244.0.{10 + number}"


def pod_range(number: int) -> tuple[str, str]:
    """Return the first and the last address of a node's pods."""
    return f"10.244.{1 + number}.2", f"10.244.{1 + number}.254"
