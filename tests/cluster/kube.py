"""The API server, spoken to as administrator and fast enough to see what happens; bodies as they stand."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from tests.devcluster import Cluster
from tests.devcluster.spec import API_PORT
from urllib3 import HTTPSConnectionPool

Body = dict[str, Any]

_TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_COLLECTIONS = {
    "ClusterRole": (_RBAC, "clusterroles"),
    "ClusterRoleBinding": (_RBAC, "clusterrolebindings"),
    "ConfigMap": ("/api/v1", "configmaps"),
    "Event": ("/api/v1", "events"),
    "Job": ("/apis/batch/v1", "jobs"),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases"),
    "MutatingWebhookConfiguration": (_ADMISSION, "mutatingwebhookconfigurations"),
    "Namespace": ("/api/v1", "namespaces"),
    "Node": ("/api/v1", "nodes"),
    "PersistentVolumeClaim": ("/api/v1", "persistentvolumeclaims"),
    "Pod": ("/api/v1", "pods"),
    "ResourceQuota": ("/api/v1", "resourcequotas"),
    "Role": (_RBAC, "roles"),
    "RoleBinding": (_RBAC, "rolebindings"),
    "Secret": ("/api/v1", "secrets"),
    "Service": ("/api/v1", "services"),
    "ServiceAccount": ("/api/v1", "serviceaccounts"),
    "TrainJob": (_TRAINER, "trainjobs"),
    "TrainingRuntime": (_TRAINER, "trainingruntimes"),
    "ValidatingWebhookConfiguration": (_ADMISSION, "validatingwebhookconfigurations"),
}


class RefusedError(Exception):
    """The API server refused a request of a test; `status` is the HTTP status of its answer, `answer` the body."""

    def __init__(self, request: str, status: int, answer: str) -> None:
        super().__init__(f"{request}: {status} {answer}")
        self.status = status
        self.answer = answer


class Kube:
    """The API server of a cluster; may be used by several threads at once. No namespace means a cluster-wide object."""

    def __init__(self, cluster: Cluster) -> None:
        pki = cluster.spec.pki
        self.cluster = cluster
        self._pool = HTTPSConnectionPool(
            cluster.spec.api_address,
            API_PORT,
            maxsize=16,
            ca_certs=str(pki / "ca.crt"),
            cert_file=str(pki / "admin.crt"),
            key_file=str(pki / "admin.key"),
        )

    def close(self) -> None:
        self._pool.close()

    def create(self, body: Body) -> Body:
        return self._send("POST", _path(body["kind"], body["metadata"].get("namespace", "")), body)

    def create_dry(self, body: Body) -> Body:
        """Have an object admitted, but not stored."""
        return self._send("POST", _path(body["kind"], body["metadata"].get("namespace", "")) + "?dryRun=All", body)

    def get(self, kind: str, namespace: str, name: str) -> Body:
        return self._send("GET", _path(kind, namespace, name))

    def find(self, kind: str, namespace: str, name: str) -> Body | None:
        return next((body for body in self.list(kind, namespace, fieldSelector=f"metadata.name={name}")), None)

    def list(self, kind: str, namespace: str = "", **query: str) -> list[Body]:
        items: list[Body] = self._send("GET", f"{_path(kind, namespace)}?{urlencode(query)}")["items"]
        return items

    def delete(self, kind: str, namespace: str, name: str) -> None:
        self._send("DELETE", _path(kind, namespace, name))

    def patch(self, kind: str, namespace: str, name: str, patch: Body, subresource: str = "") -> Body:
        """Apply a merge patch."""
        return self._send("PATCH", _path(kind, namespace, name, subresource), patch)

    def token(self, namespace: str, account: str, *audiences: str, pod: str = "") -> str:
        """Ask for a token of a ServiceAccount that is good for an hour; without audiences for the API server.

        One for a pod is as the kubelet mounts it.
        """
        spec: Body = {"audiences": audiences}
        if pod:
            spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Pod", "name": pod}
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        token: str = self._send("POST", _path("ServiceAccount", namespace, account, "token"), request)["status"][
            "token"
        ]
        return token

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Body:
        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        answer = self._pool.request(
            method,
            path,
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": content, "Accept": "application/json"},
            timeout=60,
        )
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise RefusedError(f"{method} {path}", answer.status, answer.data.decode(errors="replace"))
        parsed: Body = json.loads(answer.data)
        return parsed


def _path(kind: str, namespace: str, name: str = "", subresource: str = "") -> str:
    group, plural = _COLLECTIONS[kind]
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"{group}{scope}/{plural}" + "".join(f"/{part}" for part in (name, subresource) if part)
