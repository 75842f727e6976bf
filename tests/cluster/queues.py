"""Kueue in the cluster, a queue with room for one GPU, and what Kueue knows of a TrainJob."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.kube import Body
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, kueue
from tests.devcluster.errors import DevclusterError

LOW, HIGH = "low", "high"
FLAVOR = "reserved"
POOL = "example.com/pool"
TOLERATION = {"key": POOL, "operator": "Exists", "effect": "NoSchedule"}
_QUEUE = "team"
_SYSTEM = f"--namespace={kueue.NAMESPACE}"
_CERTIFICATE = f"{kueue.RELEASE}-webhook-server-cert"
_ROOM = {"cpu": "8", "memory": "32Gi", "nvidia.com/gpu": "1"}


@contextmanager
def kueue_installed(cluster: Cluster) -> Iterator[None]:
    """Have Kueue serve all namespaces; leaving the block removes it and all that it knows."""
    cluster.load(kueue.image())
    objects = kueue.manifests()
    cluster.kubectl("create", "namespace", kueue.NAMESPACE)
    try:
        _apply(cluster, *objects)
        _await_certificate(cluster)
        cluster.kubectl(
            "rollout", "status", f"deployment/{kueue.RELEASE}-controller-manager", _SYSTEM, "--timeout=300s"
        )
        eventually(lambda: _answers(cluster))
        yield
        # While it runs: it holds finalizers on all of these.
        for kind in ("workloads", "localqueues", "clusterqueues", "resourceflavors"):
            everywhere = ["--all-namespaces"] if kind in {"workloads", "localqueues"} else []
            cluster.kubectl("delete", f"{kind}.kueue.x-k8s.io", "--all", *everywhere, "--timeout=240s")
    finally:
        # Its webhooks first: without it nobody answers them.
        objects.sort(key=lambda each: not each["kind"].endswith("WebhookConfiguration"))
        cluster.kubectl("delete", "--ignore-not-found", "--wait=false", "--filename=-", text=_list(objects))
        cluster.kubectl("delete", "namespace", kueue.NAMESPACE, "--timeout=240s")


def make_queue(cluster: Cluster, namespace: str) -> None:
    """Make a namespace a queue whose quota is one GPU; who is more important takes it from others."""
    resources = [{"name": name, "nominalQuota": amount} for name, amount in _ROOM.items()]
    group = {"coveredResources": list(_ROOM), "flavors": [{"name": FLAVOR, "resources": resources}]}
    _apply(
        cluster,
        _object("ResourceFlavor", FLAVOR, {"nodeLabels": {POOL: FLAVOR}, "tolerations": [TOLERATION]}),
        _object(
            "ClusterQueue",
            _QUEUE,
            {
                "namespaceSelector": {},
                "preemption": {"withinClusterQueue": "LowerPriority"},
                "resourceGroups": [group],
            },
        ),
        _object("LocalQueue", _QUEUE, {"clusterQueue": _QUEUE}, namespace),
        *(_object("WorkloadPriorityClass", name, None) | {"value": at} for at, name in enumerate((LOW, HIGH))),
    )


def queued(trainjob: Body, priority: str) -> Body:
    """Have a TrainJob wait in the namespace's queue."""
    labels = {"kueue.x-k8s.io/queue-name": _QUEUE, "kueue.x-k8s.io/priority-class": priority}
    return {**trainjob, "metadata": {**trainjob["metadata"], "labels": labels}}


def workload_of(cluster: Cluster, trainjob: Body) -> Body | None:
    """Find what Kueue has made of a TrainJob."""
    namespace, uid = trainjob["metadata"]["namespace"], trainjob["metadata"]["uid"]
    answer = cluster.kubectl("get", "workloads.kueue.x-k8s.io", f"--namespace={namespace}", "--output=json")
    workloads: list[Body] = json.loads(answer)["items"]
    return next(
        (one for one in workloads if uid in [owner["uid"] for owner in one["metadata"]["ownerReferences"]]), None
    )


def states_of(cluster: Cluster, trainjob: Body) -> set[str]:
    """Name the conditions of a TrainJob's Workload that are True."""
    workload = workload_of(cluster, trainjob) or {}
    conditions = workload.get("status", {}).get("conditions", [])
    return {condition["type"] for condition in conditions if condition["status"] == "True"}


def _await_certificate(cluster: Cluster) -> None:
    """Have the kubelet show the pod its certificate at once; by itself it looks once a minute."""
    secret = ("get", "secret", _CERTIFICATE, _SYSTEM, "--output=jsonpath={.data.tls\\.crt}")
    eventually(lambda: cluster.kubectl(*secret))
    cluster.kubectl("annotate", "pods", "--all", _SYSTEM, "example.com/certified=true")


def _answers(cluster: Cluster) -> bool:
    """Tell whether Kueue's webhooks do, which takes kube-proxy a moment after the pod is ready."""
    probe = json.dumps(_object("ResourceFlavor", "probe", {}))
    try:
        cluster.kubectl("create", "--dry-run=server", "--filename=-", text=probe)
    except DevclusterError as error:
        if "failed calling webhook" not in str(error):
            raise
        return False
    return True


def _apply(cluster: Cluster, *objects: Body) -> None:
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", text=_list(list(objects)))


def _list(objects: list[Body]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


def _object(kind: str, name: str, spec: Body | None, namespace: str = "") -> Body:
    where = {"namespace": namespace} if namespace else {}
    body = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": kind, "metadata": {"name": name, **where}}
    return body if spec is None else {**body, "spec": spec}
