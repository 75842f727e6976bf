"""What has become of a TrainJob: its conditions, its children, what is left of it."""

from collections import Counter
from dataclasses import dataclass

from tests.cluster.kube import Body, Kube
from tests.cluster.waiting import PATIENCE_S, eventually

_CHILDREN = ("ConfigMap", "Service", "PersistentVolumeClaim", "Job", "Pod")
_OF_EACH_NAMESPACE = "kube-root-ca.crt"


@dataclass(frozen=True, slots=True)
class EndState:
    """How a TrainJob ended, without names and times that are different each time; it may be gone.

    Attributes:
        conditions: type, status, reason and message of each.
        jobs: what the status tells of the steps, sorted.
        children: kind and name of each child, pods by the name of their Job, and how many there are of it.
        are_its_own: every child belongs to this TrainJob, pods by their Job.
        restarts: how often all trainers have restarted, and how often that counted.
    """

    conditions: tuple[tuple[str, str, str, str], ...]
    jobs: tuple[str, ...]
    children: tuple[tuple[str, int], ...]
    are_its_own: bool
    restarts: tuple[int, int]


def conditions_of(kube: Kube, namespace: str, name: str) -> dict[str, Body]:
    """Give the conditions of a TrainJob that are True, by type."""
    conditions = kube.get("TrainJob", namespace, name).get("status", {}).get("conditions", [])
    return {condition["type"]: condition for condition in conditions if condition["status"] == "True"}


def await_condition(kube: Kube, namespace: str, name: str, type_: str, within_s: float = PATIENCE_S) -> Body:
    """Wait until a condition is True, and return it."""
    return eventually(lambda: conditions_of(kube, namespace, name).get(type_, {}), within_s=within_s)


def await_complete(kube: Kube, namespace: str, name: str, within_s: float = PATIENCE_S) -> None:
    """Wait until a TrainJob is Complete; at once an AssertionError if it fails."""

    def look() -> bool:
        conditions = conditions_of(kube, namespace, name)
        assert "Failed" not in conditions, conditions
        return "Complete" in conditions

    eventually(look, within_s=within_s)


def children_in(kube: Kube, namespace: str) -> list[Body]:
    """List all children of TrainJobs in a namespace; in a test's namespace there is nothing else of these kinds."""
    return [
        {**body, "kind": kind}
        for kind in _CHILDREN
        for body in kube.list(kind, namespace)
        if body["metadata"]["name"] != _OF_EACH_NAMESPACE
    ]


def names_in(kube: Kube, namespace: str) -> list[str]:
    """Name all children of TrainJobs in a namespace."""
    return sorted(f"{child['kind']} {child['metadata']['name']}" for child in children_in(kube, namespace))


def end_state(kube: Kube, namespace: str, name: str) -> EndState:
    """Look at a finished TrainJob that is alone in its namespace, or at what it left behind."""
    job = kube.find("TrainJob", namespace, name) or {"metadata": {"uid": ""}, "status": {"jobsStatus": ()}}
    children = children_in(kube, namespace)
    own = {child["metadata"]["uid"] for child in children} | {job["metadata"]["uid"]}
    return EndState(
        conditions=tuple(
            (condition["type"], condition["status"], condition["reason"], _lasting(condition["message"], children))
            for condition in job["status"].get("conditions", ())
        ),
        jobs=tuple(sorted(str(sorted(counts.items())) for counts in job["status"]["jobsStatus"])),
        children=tuple(sorted(Counter(_label(child) for child in children).items())),
        are_its_own=all(owner_uids(child) and owner_uids(child) <= own for child in children),
        restarts=restarts_of(job),
    )


def restarts_of(job: Body) -> tuple[int, int]:
    """Give how often all trainers of a TrainJob have restarted, and how often that counted."""
    status = job.get("status", {})
    return status.get("restarts", 0), status.get("restartsCountTowardsMax", 0)


def owner_uids(child: Body) -> set[str]:
    """Give the UIDs of a child's owners."""
    return {owner["uid"] for owner in child["metadata"].get("ownerReferences", ())}


def _lasting(message: str, children: list[Body]) -> str:
    """Take out of a message what is different each time: the names of pods and nodes."""
    for pod in (child for child in children if child["kind"] == "Pod"):
        message = message.replace(pod["metadata"]["name"], "POD").replace(pod["spec"].get("nodeName", "NODE"), "NODE")
    return message


def _label(child: Body) -> str:
    if child["kind"] == "Pod":
        return f"Pod of {child['metadata']['ownerReferences'][0]['name']}"
    return f"{child['kind']} {child['metadata']['name']}"
