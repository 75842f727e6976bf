"""The cluster's network: a bridge that nodes and pods share, a link to the host, kube-proxy and CoreDNS."""

import json
from pathlib import Path

import yaml

from tests.devcluster.errors import DevclusterError
from tests.devcluster.packages import output_of
from tests.devcluster.spec import (
    BRIDGE,
    GATEWAY,
    POD_NETWORK,
    SERVICE_NETWORK,
    UPLINK,
    ClusterSpec,
    node_address,
    node_name,
    pod_range,
)

CNI_PLUGINS = "/usr/lib/cni"
_SLOTS = 250
_LINK_PREFIX = "devcluster"


def link_to_host(pid: int) -> int:
    """Join the host's network namespace with that of a process, and return the slot of the link.

    The interface's name is what keeps two clusters apart: the kernel gives each name once. The pair is gone with the
    namespace.
    """
    taken = host_links()
    for slot in range(_SLOTS):
        name = host_interface(slot)
        if name in taken:
            continue
        try:
            output_of("ip", "link", "add", name, "type", "veth", "peer", "name", UPLINK, "netns", str(pid))
        except DevclusterError as error:
            if "File exists" in str(error):
                continue
            raise
        output_of("ip", "address", "add", f"198.18.{slot}.1/30", "dev", name)
        output_of("ip", "link", "set", name, "up")
        return slot
    raise DevclusterError(f"{_SLOTS} clusters run already: take some down (python -m tests.devcluster leftovers)")


def host_links() -> list[str]:
    """Return the names of the links of all clusters."""
    links = json.loads(output_of("ip", "-json", "link", "show"))
    return [link["ifname"] for link in links if link["ifname"].startswith(_LINK_PREFIX)]


def host_interface(slot: int) -> str:
    """Return the name of the host's end of a link."""
    return f"{_LINK_PREFIX}{slot}"


def set_up(spec: ClusterSpec) -> None:
    """Bring up the interfaces inside the cluster's network namespace."""
    commands = [
        "link set lo up",
        f"link add {BRIDGE} type bridge",
        f"address add {GATEWAY}/16 dev {BRIDGE}",
        *(f"address add {node_address(number)}/16 dev {BRIDGE}" for number in range(spec.nodes)),
        f"link set {BRIDGE} up",
        # kube-proxy changes where it goes, but the kernel looks for a route first: the API server calls webhooks.
        f"route add {SERVICE_NETWORK} dev {BRIDGE}",
        f"address add {spec.api_address}/30 dev {UPLINK}",
        f"link set {UPLINK} up",
    ]
    for command in commands:
        output_of("ip", *command.split())
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    # Pods reach the host as the cluster: the host has no route to them, and two clusters have the same addresses.
    output_of(
        "nft",
        "add table ip devcluster;"
        "add chain ip devcluster postrouting { type nat hook postrouting priority srcnat; };"
        f"add rule ip devcluster postrouting oifname {UPLINK} ip saddr {POD_NETWORK} masquerade",
    )


def cni_configuration(number: int, state: Path) -> str:
    """Return the CNI configuration of a node: pods on the bridge, addresses from the node's own range."""
    first, last = pod_range(number)
    addresses = {"subnet": POD_NETWORK, "rangeStart": first, "rangeEnd": last, "gateway": GATEWAY}
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[addresses]],
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": str(state),
        },
    }
    return json.dumps({"cniVersion": "1.0.0", "name": "devcluster", "plugins": [bridge]})


def kube_proxy(spec: ClusterSpec) -> list[str]:
    """Write kube-proxy's configuration and return its command line; one serves all nodes, which share a network."""
    path = spec.state / "kube-proxy.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
                "kind": "KubeProxyConfiguration",
                "mode": "nftables",
                # Pods are neighbours on one bridge: without it a Service's answer would pass kube-proxy by.
                "nftables": {"masqueradeAll": True},
                "conntrack": {"maxPerCore": 0},
                "clusterCIDR": POD_NETWORK,
                "hostnameOverride": node_name(0),
                "clientConnection": {"kubeconfig": str(spec.kubeconfig("kube-proxy"))},
                "metricsBindAddress": "127.0.0.1:10249",
                "healthzBindAddress": "127.0.0.1:10256",
            }
        )
    )
    return [spec.programs["kube-proxy"], f"--config={path}"]


def coredns(spec: ClusterSpec) -> list[str]:
    """Write CoreDNS's configuration and return its command line; it knows the cluster's names and no others."""
    path = spec.state / "Corefile"
    path.write_text(
        f""".:53 {{
    bind {GATEWAY}
    errors
    kubernetes cluster.local in-addr.arpa {{
        kubeconfig {spec.kubeconfig("coredns")} {spec.name}
        pods insecure
        ttl 5
    }}
    cache 5
}}
"""
    )
    return [spec.programs["coredns"], "-conf", str(path)]
