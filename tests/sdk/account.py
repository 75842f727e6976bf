"""A user of the SDK: a ServiceAccount with what the SDK needs in a namespace, and nothing else."""

import base64
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.cluster.kube import Body, Kube
from tests.devcluster.spec import API_PORT

NAME = "sdk-user"
_RBAC = "rbac.authorization.k8s.io"
_TRAINER = "trainer.kubeflow.org"
_IN_NAMESPACE = (
    (_TRAINER, ["trainjobs"], ["create", "get", "list", "watch", "patch", "delete"]),
    (_TRAINER, ["trainingruntimes"], ["get", "list"]),
    ("", ["pods"], ["get", "list"]),
    ("", ["pods/log"], ["get"]),
    ("", ["events"], ["list"]),
)
_IN_CLUSTER = ((_TRAINER, ["clustertrainingruntimes"], ["get", "list"]),)


def make_account(kube: Kube, namespace: str, folder: Path) -> Path:
    """Make the user in a namespace, and return a kubeconfig of theirs, which names the namespace."""
    metadata = {"name": NAME, "namespace": namespace}
    kube.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    for manifest in _rights(namespace):
        kube.create(manifest)
    path = folder / "sdk-user.kubeconfig"
    path.write_text(yaml.safe_dump(_kubeconfig(kube, namespace)))
    return path


def remove_account(kube: Kube, namespace: str) -> None:
    """Remove what does not go with the namespace."""
    for kind in ("ClusterRoleBinding", "ClusterRole"):
        kube.delete(kind, "", _cluster_wide(namespace))


def _cluster_wide(namespace: str) -> str:
    return f"{NAME}-{namespace}"


def _rights(namespace: str) -> Iterator[Body]:
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    here = {"name": NAME, "namespace": namespace}
    for kind, metadata, rules in (
        ("Role", here, _IN_NAMESPACE),
        ("ClusterRole", {"name": _cluster_wide(namespace)}, _IN_CLUSTER),
    ):
        yield {
            "apiVersion": f"{_RBAC}/v1",
            "kind": kind,
            "metadata": metadata,
            "rules": [{"apiGroups": [group], "resources": what, "verbs": verbs} for group, what, verbs in rules],
        }
        yield {
            "apiVersion": f"{_RBAC}/v1",
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": metadata["name"]},
            "subjects": [subject],
        }


def _kubeconfig(kube: Kube, namespace: str) -> Body:
    spec = kube.cluster.spec
    server = {
        "server": f"https://{spec.api_address}:{API_PORT}",
        "certificate-authority-data": base64.b64encode((spec.pki / "ca.crt").read_bytes()).decode(),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": server}],
        "users": [{"name": NAME, "user": {"token": kube.token(namespace, NAME)}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": NAME, "namespace": namespace}}],
        "current-context": "test",
    }
