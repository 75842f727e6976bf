"""A ServiceAccount that may do no more than a test allows."""

import ssl
from dataclasses import dataclass

from tests.cluster.kube import Body, Kube
from tests.devcluster.spec import API_PORT

from trainjob_operator.controller.kube.connection import Connection, FixedToken

_RBAC = "rbac.authorization.k8s.io"


def rule(group: str, resource: str, *verbs: str) -> Body:
    return {"apiGroups": [group], "resources": [resource], "verbs": verbs}


@dataclass(frozen=True, slots=True)
class Account:
    """The `default` account of a namespace. Its role has the namespace's name, and is for the whole cluster."""

    kube: Kube
    namespace: str

    def create_role(self) -> None:
        metadata, version = {"name": self.namespace}, f"{_RBAC}/v1"
        self.kube.create({"apiVersion": version, "kind": "ClusterRole", "metadata": metadata, "rules": []})
        role = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": self.namespace}
        subjects = [{"kind": "ServiceAccount", "name": "default", "namespace": self.namespace}]
        binding = {"kind": "ClusterRoleBinding", "roleRef": role, "subjects": subjects}
        self.kube.create({"apiVersion": version, "metadata": metadata, **binding})

    def delete_role(self) -> None:
        for kind in ("ClusterRoleBinding", "ClusterRole"):
            self.kube.delete(kind, "", self.namespace)

    def allow(self, *rules: Body) -> None:
        """Allow this and nothing else; the API server hears of it a moment later."""
        self.kube.patch("ClusterRole", "", self.namespace, {"rules": rules})

    def connection(self) -> Connection:
        spec = self.kube.cluster.spec
        return Connection(
            server=f"https://{spec.api_address}:{API_PORT}",
            tls=ssl.create_default_context(cafile=str(spec.pki / "ca.crt")),
            token=FixedToken(self.kube.token(self.namespace, "default")),
        )
