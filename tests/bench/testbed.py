"""The cluster that is measured: nodes that only pretend, our CRDs, one runtime, and the operator's rights."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import yaml

from tests.bench import image_like
from tests.bench.errors import BenchError
from tests.bench.procfs import program_of
from tests.bench.workload import RUNTIME
from tests.devcluster import Cluster
from tests.devcluster.audit import Audit
from tests.devcluster.cache import ROOT
from tests.devcluster.operator_process import OperatorProcess, write_kubeconfig
from trainjob_operator.controller.kube.client import KubeClient

ADMINISTRATOR = "admin"
NAMESPACE = "trainjob-operator-system"
ACCOUNT = "trainjob-operator"
OPERATOR = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
_NODES = 3
_GPUS = 1_000_000  # what is measured is never the wait for one
_WITHIN_S = 30.0


@dataclass(slots=True)
class Testbed:
    """One cluster, and us as its administrator."""

    __test__ = False  # for pytest, which takes what is called Test... for tests

    cluster: Cluster
    kube: KubeClient
    apiserver: int
    """Process number of kube-apiserver."""
    _namespaces: int = 0

    @classmethod
    def prepare(cls, cluster: Cluster, kube: KubeClient) -> Self:
        """Install everything but the operator."""
        base = ROOT / "manifests" / "base"
        crds = sorted((ROOT / "crds").glob("trainer.kubeflow.org_*.yaml"))
        names = [yaml.safe_load(crd.read_text())["metadata"]["name"] for crd in crds]
        for crd in crds:
            cluster.kubectl("apply", "--server-side", f"--filename={crd}")
        cluster.kubectl("wait", "crd", *names, "--for=condition=Established", "--timeout=60s")
        for manifest in (base / "namespace.yaml", base / "rbac.yaml", RUNTIME):
            cluster.kubectl("apply", "--server-side", f"--filename={manifest}")
        return cls(cluster, kube, program_of(cluster.spec.name, "kube-apiserver"))

    def make_namespace(self) -> str:
        """Make a namespace in which pods can be created at once."""
        self._namespaces += 1
        name = f"bench-{self._namespaces}"
        self.cluster.kubectl("create", "namespace", name)
        deadline = time.monotonic() + _WITHIN_S
        while "default" not in self.cluster.kubectl("get", "serviceaccounts", f"--namespace={name}", "--output=name"):
            if time.monotonic() > deadline:
                raise BenchError(f"the namespace {name} gets no service account")
            time.sleep(0.1)
        return name

    def remove_namespace(self, name: str) -> None:
        """Remove a namespace, and wait until nothing of it is left to be done."""
        self.cluster.kubectl("delete", "namespace", name, "--wait", "--timeout=10m")

    def audit(self, user: str) -> Audit:
        """Listen from now on to what a user asks for."""
        return Audit(self.cluster.audit_log, user)

    def start_operator(self, **settings: str) -> OperatorProcess:
        """Start the operator with the rights of its ServiceAccount; it does not outlive the thread that calls this."""
        spec = self.cluster.spec
        kubeconfig = spec.kubeconfig(ACCOUNT)
        if not kubeconfig.exists():
            token = ("create", "token", ACCOUNT, f"--namespace={NAMESPACE}", "--duration=24h")
            write_kubeconfig(kubeconfig, self.cluster, self.cluster.kubectl(*token).strip())
        known = {
            "kubeconfig": str(kubeconfig),
            "lease_namespace": NAMESPACE,
            "lease_identity": "bench",
            "certificates": "none",
        }
        log = spec.state / "logs" / "operator.log"
        operator = OperatorProcess(known | settings, log, image_like.python())
        operator.start()
        return operator

    @asynccontextmanager
    async def operator(self, **settings: str) -> AsyncIterator[OperatorProcess]:
        """Run the operator, which leads already."""
        operator = self.start_operator(**settings)
        try:
            operator.await_leading()
            yield operator
            operator.stop()
        finally:
            operator.destroy()


def start_cluster(name: str, say: Callable[[str], None]) -> Cluster:
    """Start the cluster."""
    return Cluster.start(name, nodes=0, kwok_nodes=_NODES, gpus=_GPUS, audit=True, say=say)
