"""Replicas of the operator with what kubectl would install for them: a ServiceAccount, roles, a Lease, no more."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml
from tests.cluster.kube import Body, Kube
from tests.devcluster.cache import ROOT
from tests.devcluster.operator_process import OperatorProcess, write_kubeconfig

LEASE = "trainjob-operator"  # the only one that the roles name
_numbers = itertools.count(1)


class Replicas:
    """Replicas that compete for one Lease, in a namespace that nobody else uses.

    Each has a ServiceAccount of its own, so that the audit log tells them apart. They serve `namespaces` only, so that
    other tests are not disturbed. Those that `are_forked` start in a fraction of the time.
    """

    def __init__(self, kube: Kube, folder: Path, namespaces: Sequence[str], *, are_forked: bool = False) -> None:
        self.namespace = f"operator-{os.getpid()}-{next(_numbers)}"
        self._kube = kube
        self._folder = folder
        self._namespaces = namespaces
        self._are_forked = are_forked
        self._processes: list[OperatorProcess] = []
        self._cluster_roles: list[str] = []

    def __enter__(self) -> Self:
        self._kube.create(_object("v1", "Namespace", self.namespace))
        for role in _shipped_roles():
            is_cluster_wide = role["kind"] == "ClusterRole"
            name = role["metadata"]["name"]
            if is_cluster_wide:
                name = name.replace(LEASE, self.namespace)
                self._cluster_roles.append(name)
            where = {} if is_cluster_wide else {"namespace": self.namespace}
            self._kube.create({**role, "metadata": {"name": name, **where}})
            binding = _object("rbac.authorization.k8s.io/v1", f"{role['kind']}Binding", name, **where)
            binding["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": role["kind"], "name": name}
            binding["subjects"] = [{"kind": "Group", "name": f"system:serviceaccounts:{self.namespace}"}]
            self._kube.create(binding)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.destroy()
        for kind_of_role in ("ClusterRoleBinding", "ClusterRole"):
            for name in self._cluster_roles:
                self._kube.delete(kind_of_role, "", name)
        self._kube.delete("Namespace", "", self.namespace)
        logs = [process.log.read_text() for process in self._processes]
        print("\n".join(logs))  # shown if the test failed
        assert not [line for log in logs for line in log.splitlines() if "unexpected error" in line]

    def user(self, identity: str) -> str:
        """Give the name by which the audit log knows a replica."""
        return f"system:serviceaccount:{self.namespace}:{identity}"

    def make(self, identity: str, *, server: str | None = None, **settings: str) -> OperatorProcess:
        """Make a replica, not started yet; `server` is the API server, or what stands in front of it."""
        kubeconfig = self._folder / f"{self.namespace}-{identity}.kubeconfig"
        self._kube.create(_object("v1", "ServiceAccount", identity, namespace=self.namespace))
        write_kubeconfig(kubeconfig, self._kube.cluster, self._kube.token(self.namespace, identity), server)
        known = {
            "kubeconfig": str(kubeconfig),
            "namespaces": ",".join(self._namespaces),
            "lease_namespace": self.namespace,
            "certificates": "none",  # the replicas of all tests share this machine's ports
            "lease_identity": identity,
        }
        log = self._folder / f"{self.namespace}-{identity}.log"
        process = OperatorProcess(known | settings, log, is_forked=self._are_forked)
        self._processes.append(process)
        return process

    def start(self, identity: str, **settings: str) -> OperatorProcess:
        """Start a replica and wait until it is ready."""
        process = self.make(identity, **settings)
        process.start()
        process.await_ready()
        return process

    def leader(self) -> str:
        """Give the identity of the replica that holds the Lease, empty if none does."""
        lease = self._kube.find("Lease", self.namespace, LEASE)
        return "" if lease is None else str(lease["spec"].get("holderIdentity") or "")


def _shipped_roles() -> list[Body]:
    documents = yaml.safe_load_all((ROOT / "manifests" / "base" / "rbac.yaml").read_text())
    return [document for document in documents if document["kind"] in {"ClusterRole", "Role"}]


def _object(api_version: str, kind: str, name: str, **metadata: str) -> Body:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **metadata}}
