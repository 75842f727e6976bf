"""PID 1 of a cluster (`python -m tests.devcluster.inside`): brings everything up in order, then keeps it."""

import os
import subprocess
import sys
from typing import NoReturn

import yaml

from tests.devcluster import cgroup, controlplane, kwok, network
from tests.devcluster.manifests import first_objects
from tests.devcluster.packages import output_of
from tests.devcluster.spec import ClusterSpec, load_spec, node_name, spec_path, state_dir
from tests.devcluster.supervisor import Supervisor

_NODE_NAMESPACES = ["--mount", "--uts", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"]


def main(cluster: str) -> NoReturn:
    """Run the cluster until killed."""
    supervisor = Supervisor(state_dir(cluster))
    supervisor.wait(spec_path(cluster).exists, "the launcher's part")
    spec = load_spec(cluster)
    cgroup.join(f"{cgroup.root_of(cluster)}/control-plane")
    output_of("mount", "-t", "tmpfs", "tmpfs", "/run")
    network.set_up(spec)
    environment = controlplane.environment(os.environ)
    supervisor.start("etcd", controlplane.etcd(spec), environment)
    supervisor.start("kube-apiserver", controlplane.apiserver(spec), environment)
    for number in range(spec.nodes):
        argv = ["unshare", *_NODE_NAMESPACES, sys.executable, "-m", "tests.devcluster.node", cluster, str(number)]
        supervisor.start(node_name(number), argv, environment)
    supervisor.wait(lambda: controlplane.is_ready(spec), "the API server's start")
    supervisor.start("kube-controller-manager", controlplane.controller_manager(spec), environment)
    supervisor.start("kube-scheduler", controlplane.scheduler(spec), environment)
    supervisor.start("kube-proxy", network.kube_proxy(spec), environment)
    (spec.state / "api-ready").touch()
    supervisor.wait(lambda: _apply(spec), "creating the first objects")
    supervisor.start("coredns", network.coredns(spec), environment)
    supervisor.start("storage", [sys.executable, "-m", "tests.devcluster.storage", cluster], environment)
    if spec.kwok_nodes:
        supervisor.start("kwok", kwok.argv(spec), environment)
    supervisor.serve()


def _apply(spec: ClusterSpec) -> bool:
    manifests = yaml.safe_dump_all([*first_objects(), *kwok.nodes(spec.kwok_nodes, spec.gpus)])
    argv = [spec.kubectl, f"--kubeconfig={spec.kubeconfig('storage')}", "apply", "--server-side", "-f", "-"]
    done = subprocess.run(argv, input=manifests, capture_output=True, text=True, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    main(sys.argv[1])
