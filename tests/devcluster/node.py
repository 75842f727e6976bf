"""One node (`python -m tests.devcluster.node`): containerd and the kubelet in mount, UTS and PID namespaces."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import yaml

from tests.devcluster import cgroup, controlplane, network
from tests.devcluster.packages import output_of
from tests.devcluster.spec import DNS_SERVICE, PAUSE_IMAGE, ClusterSpec, load_spec, node_address, node_name
from tests.devcluster.supervisor import Supervisor

_UNUSED = ", ".join(f'"io.containerd.snapshotter.v1.{name}"' for name in ("btrfs", "zfs", "aufs", "devmapper"))
TORCH = "/opt/torch"
"""Where every container sees the virtual environment of torch."""


def main(cluster: str, number: int) -> NoReturn:
    """Run a node until it is killed."""
    spec = load_spec(cluster)
    name = node_name(number)
    folder = node_folder(spec, number)
    first_start = not folder.exists()
    for private in ("lib", "log", "tmp", "cni"):
        (folder / private).mkdir(parents=True, exist_ok=True)
    socket.sethostname(name)
    cgroup.join(f"{node_cgroup(spec, number)}/system")
    # Paths that containerd, the CNI plug-ins and the kubelet share with all others on a machine.
    output_of("mount", "-t", "tmpfs", "tmpfs", "/run")
    output_of("mount", "--bind", folder / "lib", "/var/lib")
    output_of("mount", "--bind", folder / "log", "/var/log")
    (folder / "control").unlink(missing_ok=True)
    supervisor = Supervisor(folder)
    environment = controlplane.environment(os.environ) | {"TMPDIR": str(folder / "tmp")}
    supervisor.start("containerd", _containerd(spec, number), environment)
    supervisor.wait(lambda: _answers(containerd_socket(spec, number)), "containerd's start")
    if first_start:
        output_of(*importing(spec, number, spec.state / "pause.tar"))
    supervisor.wait((spec.state / "api-ready").exists, "the API server's start")
    supervisor.start("kubelet", _kubelet(spec, number), environment)
    supervisor.serve()


def node_folder(spec: ClusterSpec, number: int) -> Path:
    """Return the folder with a node's state."""
    return spec.state / node_name(number)


def node_cgroup(spec: ClusterSpec, number: int) -> str:
    """Return the control group under which a node's daemons and pods run."""
    return f"{cgroup.root_of(spec.name)}/{node_name(number)}"


def containerd_socket(spec: ClusterSpec, number: int) -> Path:
    """Return a node's containerd socket; it can be reached from outside of the namespaces too."""
    return node_folder(spec, number) / "containerd.sock"


def importing(spec: ClusterSpec, number: int, archive: Path) -> list[str]:
    """Return the command that imports an image archive on a node."""
    socket_path = str(containerd_socket(spec, number))
    return ["ctr", "--address", socket_path, "--namespace", "k8s.io", "images", "import", str(archive)]


def _answers(socket_path: Path) -> bool:
    done = subprocess.run(["ctr", "--address", socket_path, "version"], capture_output=True, check=False)
    return done.returncode == 0


def _containerd(spec: ClusterSpec, number: int) -> list[str]:
    folder = node_folder(spec, number)
    (folder / "cni" / "10-devcluster.conflist").write_text(network.cni_configuration(number, folder / "cni-addresses"))
    base_spec = json.loads(output_of("ctr", "oci", "spec"))
    if spec.torch is not None:
        options = ["rbind", "ro"]
        base_spec["mounts"].append({"type": "bind", "source": spec.torch, "destination": TORCH, "options": options})
    (folder / "base-spec.json").write_text(json.dumps(base_spec))
    path = folder / "containerd.toml"
    # restrict_oom_score_adj: in a machine without CAP_SYS_RESOURCE every sandbox would die.
    path.write_text(
        f"""version = 2
root = "{folder}/containerd"
state = "/run/containerd"
disabled_plugins = [{_UNUSED}]
[grpc]
  address = "{containerd_socket(spec, number)}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{network.CNI_PLUGINS}"
  conf_dir = "{folder}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  base_runtime_spec = "{folder}/base-spec.json"
"""
    )
    return ["containerd", f"--config={path}"]


def _kubelet(spec: ClusterSpec, number: int) -> list[str]:
    folder, name, address = node_folder(spec, number), node_name(number), node_address(number)
    resolv_conf = folder / "resolv.conf"
    resolv_conf.write_text("")
    path = folder / "kubelet.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "kubelet.config.k8s.io/v1beta1",
                "kind": "KubeletConfiguration",
                "address": address,
                "healthzBindAddress": address,
                "authentication": {
                    "anonymous": {"enabled": False},
                    "webhook": {"enabled": True},
                    "x509": {"clientCAFile": str(spec.pki / "ca.crt")},
                },
                "authorization": {"mode": "Webhook"},
                "tlsCertFile": str(spec.pki / f"{name}.crt"),
                "tlsPrivateKeyFile": str(spec.pki / f"{name}.key"),
                "containerRuntimeEndpoint": f"unix://{containerd_socket(spec, number)}",
                "cgroupDriver": "cgroupfs",
                "cgroupRoot": node_cgroup(spec, number),
                "enforceNodeAllocatable": [],
                "failCgroupV1": False,
                "failSwapOn": False,
                "localStorageCapacityIsolation": False,
                "oomScoreAdj": 0,
                "imageGCHighThresholdPercent": 100,
                "evictionHard": {"memory.available": "100Mi"},
                "clusterDomain": "cluster.local",
                "clusterDNS": [DNS_SERVICE],
                "resolvConf": str(resolv_conf),
            }
        )
    )
    return [
        spec.programs["kubelet"],
        f"--config={path}",
        f"--kubeconfig={spec.kubeconfig(name)}",
        f"--hostname-override={name}",
        f"--node-ip={address}",
    ]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
