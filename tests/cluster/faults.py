"""Objects with which something is wrong."""

from tests.cluster.kube import Body
from tests.cluster.stub import container_of, pod_of, replace_program, shipped_runtime, stub_runtime

ABSENT_IMAGE = "ghcr.io/trainjob-operator/absent:0.1.0"
LAST_WORDS = "RuntimeError: the loss is not a number any more"
_CRASH = f"open('/dev/termination-log', 'w').write({LAST_WORDS!r}); raise SystemExit(1)"


def crashing_runtime(namespace: str) -> Body:
    """Make a runtime whose recipe fails with a last word."""
    return stub_runtime(namespace, "crashing", node=_CRASH)


def downloading_runtime(namespace: str, hub: str, **sources: str) -> Body:
    """Make a runtime with the real initializers, which download from a Hub; `sources` are `model` and `dataset`."""
    runtime = shipped_runtime(namespace, "downloading")
    replace_program(runtime, "node", ["true"])
    for kind, source in sources.items():
        container = container_of(runtime, f"{kind}-initializer")
        kept = [entry for entry in container["env"] if entry["name"] != "STORAGE_URI"]
        container["env"] = [*kept, {"name": "STORAGE_URI", "value": source}, {"name": "HF_ENDPOINT", "value": hub}]
    return runtime


def unhardened_runtime(namespace: str) -> Body:
    """Make a runtime whose initializers Pod Security `restricted` refuses."""
    runtime = stub_runtime(namespace, "unhardened")
    for step in ("dataset-initializer", "model-initializer"):
        pod_of(runtime, step).pop("securityContext")
        container_of(runtime, step).pop("securityContext")
    return runtime


def full_quota(namespace: str, name: str, resource: str) -> Body:
    """Make a quota that leaves nothing of a resource."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {resource: "0"}}}


def token_secret(namespace: str, name: str, token: str) -> Body:
    """Make a Secret with a token for the Hub."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"ACCESS_TOKEN": token}}
