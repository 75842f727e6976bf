"""Bodies as the API server sends them, with one override per case."""

from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]
LABELS = {
    "jobset.sigs.k8s.io/jobset-name": "tune",
    "jobset.sigs.k8s.io/jobset-uid": "trainjob-1",
    "jobset.sigs.k8s.io/replicatedjob-name": "node",
}


def at(second: int) -> datetime:
    """Return a time in the minute in which everything here was created."""
    return datetime(2026, 1, 1, 12, 0, second, tzinfo=UTC)


def body(name: str, version: int, *, namespace: str = "team", **metadata: Any) -> Body:  # noqa: ANN401 - any JSON
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-of-{name}",
            "resourceVersion": str(version),
            "creationTimestamp": "2026-01-01T12:00:00Z",
            "labels": LABELS,
            **metadata,
        }
    }


def owned(kind: str, name: str, uid: str) -> list[Body]:
    return [{"apiVersion": "x/v1", "kind": kind, "name": name, "uid": uid, "controller": True}]


def job(status: Body | None = None, spec: Body | None = None, **metadata: Any) -> Body:  # noqa: ANN401 - any JSON
    metadata = {"ownerReferences": owned("TrainJob", "tune", "trainjob-1"), **metadata}
    return body("tune-node-0", 7, **metadata) | {
        "spec": {"parallelism": 2, "template": {"spec": {"containers": []}}} | (spec or {}),
        "status": status or {},
    }


def pod(status: Body | None = None, **metadata: Any) -> Body:  # noqa: ANN401 - any JSON
    metadata = {"ownerReferences": owned("Job", "tune-node-0", "job-1"), **metadata}
    return body("tune-node-0-0-abcde", 8, **metadata) | {"spec": {"nodeName": "node-a"}, "status": status or {}}


def container(name: str, **state: Any) -> Body:  # noqa: ANN401 - any JSON
    return {"name": name, "image": f"registry/{name}:1", "state": state}


def ended(exit_code: int, at: str = "2026-01-01T12:00:09Z", message: str = "", reason: str = "Error") -> Body:
    return {"exitCode": exit_code, "reason": reason, "message": message, "finishedAt": at}
