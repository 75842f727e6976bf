"""Bodies from the API server -> the summaries that the core decides on. Times are parsed here, once."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from trainjob_contract.termination import LIMIT
from trainjob_operator.controller.kube.client import Body
from trainjob_operator.naming import ATTEMPT_LABEL, REPLICATED_JOB_LABEL, TRAINJOB_NAME_LABEL, TRAINJOB_UID_LABEL
from trainjob_operator.reconciler.children import (
    DISRUPTED,
    Child,
    Eviction,
    Exit,
    JobChild,
    Kind,
    Outcome,
    PodChild,
    PodCondition,
    Trouble,
)
from trainjob_operator.reconciler.merge.placement import digest
from trainjob_operator.wording import escape

# A container that waits for one of these is on its way; everything else that it waits for is trouble.
_ON_ITS_WAY = frozenset({"", "ContainerCreating", "PodInitializing"})
_SMALL_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_WITHOUT_PODS = frozenset({"Suspended", "SuccessCriteriaMet", "Complete", "FailureTarget", "Failed"})


def trainjob_of(body: Body) -> str:
    """Name the TrainJob whose label a child carries."""
    return str(body["metadata"].get("labels", {}).get(TRAINJOB_NAME_LABEL, ""))


def summarize_child(kind: str, body: Body) -> Child:
    """Summarize a child of any kind; all are alike but Jobs."""
    return summarize_job(body) if kind == Kind.JOB else Child(kind=Kind(kind), **_identity(body))


def summarize_service(body: Body) -> Child:
    """Summarize a Service."""
    return summarize_child(Kind.SERVICE, body)


def summarize_claim(body: Body) -> Child:
    """Summarize a PersistentVolumeClaim."""
    return summarize_child(Kind.CLAIM, body)


def summarize_job(body: Body) -> JobChild:
    """Summarize a Job."""
    spec, status = body["spec"], body.get("status", {})
    parallelism = spec.get("parallelism", 1)
    return JobChild(
        kind=Kind.JOB,
        **_identity(body),
        replicated_job=body["metadata"].get("labels", {}).get(REPLICATED_JOB_LABEL, ""),
        created=_time(body["metadata"]["creationTimestamp"]),
        lacking_since=_lacking_since(status),
        parallelism=min(parallelism, spec.get("completions", parallelism)),
        suspended=bool(spec.get("suspend")),
        active=status.get("active", 0),
        ready=status.get("ready", 0),
        succeeded=status.get("succeeded", 0),
        failed=status.get("failed", 0),
        outcome=_outcome(status),
        placement=digest(spec["template"]) if spec.get("suspend") else None,
        started=_time(status["startTime"]) if "startTime" in status else None,
        attempt=_attempt(body["metadata"].get("labels", {}).get(ATTEMPT_LABEL, "")),
        is_late=any(_is_late(condition) for condition in status.get("conditions", ())),
    )


def summarize_pod(body: Body) -> PodChild:
    """Summarize a pod."""
    metadata, status = body["metadata"], body.get("status", {})
    return PodChild(
        name=metadata["name"],
        uid=metadata["uid"],
        trainjob_uid=metadata.get("labels", {}).get(TRAINJOB_UID_LABEL),
        **_job_of(body),
        created=_time(metadata["creationTimestamp"]),
        phase=status.get("phase", "Pending"),
        node=body["spec"].get("nodeName"),
        deleting="deletionTimestamp" in metadata,
        trouble=_trouble(body),
        exit=_exit(body),
        eviction=_eviction(status),
        conditions=_conditions(body),
    )


def _job_of(body: Body) -> dict[str, Any]:
    """Name the Job whose pod this is; labels alone, which a copy for debugging has as well, make it none."""
    owner = _controller(body) or {}
    is_job = owner.get("kind") == "Job"
    return {"job": str(owner["name"]) if is_job else "", "job_uid": str(owner["uid"]) if is_job else ""}


def _attempt(label: str) -> int:
    """Read how often the TrainJob had been restarted; who may edit labels may have written anything."""
    return int(label) if _SMALL_NUMBER.fullmatch(label) else 0


def _is_late(condition: Mapping[str, Any]) -> bool:
    return (condition["type"], condition["status"], condition.get("reason")) == (
        "FailureTarget",
        "True",
        "DeadlineExceeded",
    )


def _identity(body: Body) -> dict[str, Any]:
    metadata = body["metadata"]
    owner = _controller(body)
    return {
        "name": metadata["name"],
        "uid": metadata["uid"],
        "owner_uid": owner["uid"] if owner else None,
        "owner_kind": owner["kind"] if owner else None,
        "labelled": metadata.get("labels", {}).get(TRAINJOB_NAME_LABEL),
        "deleting": "deletionTimestamp" in metadata,
    }


def _controller(body: Body) -> Mapping[str, Any] | None:
    return next((owner for owner in body["metadata"].get("ownerReferences", ()) if owner.get("controller")), None)


def _lacking_since(status: Mapping[str, Any]) -> datetime | None:
    """Tell since when the Job controller makes pods: it tries to before it notes the start, or that it goes on."""
    if status.get("active") or "startTime" not in status or any(status.get("uncountedTerminatedPods", {}).values()):
        return None
    conditions = status.get("conditions", ())
    has_other_plans = any(one["type"] in _WITHOUT_PODS and one["status"] == "True" for one in conditions)
    return None if has_other_plans else _time(status["startTime"])


def _outcome(status: Mapping[str, Any]) -> Outcome | None:
    for condition in status.get("conditions", ()):
        if condition["type"] in {"Complete", "Failed"} and condition["status"] == "True":
            return Outcome(
                succeeded=condition["type"] == "Complete",
                at=_time(condition["lastTransitionTime"]),
                reason=condition.get("reason", ""),
                message=condition.get("message", ""),
            )
    return None


def _trouble(body: Body) -> Trouble | None:
    for container in _containers(body.get("status", {})):
        waiting = container.get("state", {}).get("waiting", {})
        if waiting.get("reason", "") not in _ON_ITS_WAY:
            return Trouble(
                reason=waiting["reason"],
                message=waiting.get("message", ""),
                container=container["name"],
                image=container.get("image") or None,
            )
    for condition in body.get("status", {}).get("conditions", ()):
        if (condition["type"], condition["status"]) == ("PodScheduled", "False"):
            since = condition.get("lastTransitionTime")
            return Trouble(
                reason=condition.get("reason", ""),
                message=condition.get("message", ""),
                since=_time(since) if since is not None else None,
            )
    return None


def _exit(body: Body) -> Exit | None:
    """Find the container that failed first. One that waits to be restarted is judged by how it ended last.

    What was evicted did not fail: another pod takes its place. A side-car that Kubernetes restarts is to blame only if
    nothing else is.
    """
    if _disruption(body.get("status", {})) is not None:
        return None
    exits = [
        Exit(
            container=container["name"],
            exit_code=end["exitCode"],
            reason=end.get("reason", ""),
            message=escape(end.get("message", ""))[:LIMIT],
            at=_time(end.get("finishedAt") or body["metadata"]["creationTimestamp"]),
        )
        for container in _containers(body.get("status", {}))
        if (end := _end(container)) is not None and end["exitCode"] != 0
    ]
    containers = body.get("spec", {}).get("initContainers", ())
    sidecars = {one["name"] for one in containers if one.get("restartPolicy") == "Always"}
    return min(exits, key=lambda end: (end.container in sidecars, end.at), default=None)


def _eviction(status: Mapping[str, Any]) -> Eviction | None:
    """Tell why the kubelet evicted a pod; a drain, a preemption and a node that goes down are no fault of the pod."""
    disruption = _disruption(status)
    if disruption is None or status.get("reason") != "Evicted":
        return None
    return Eviction(status.get("message", "")[:LIMIT], _time(disruption["lastTransitionTime"]))


def _conditions(body: Body) -> tuple[PodCondition, ...]:
    """Keep the conditions of a pod that is on its way out; before that they change without meaning anything to us."""
    status = body.get("status", {})
    if status.get("phase") != "Failed" and "deletionTimestamp" not in body["metadata"]:
        return ()
    return tuple(
        PodCondition(
            type=one["type"],
            status=one["status"],
            reason=one.get("reason", ""),
            message=escape(one.get("message", ""))[:LIMIT],
            at=_time(one.get("lastTransitionTime") or body["metadata"]["creationTimestamp"]),
        )
        for one in status.get("conditions", ())
    )


def _disruption(status: Mapping[str, Any]) -> Mapping[str, Any] | None:
    conditions = status.get("conditions", ())
    return next((one for one in conditions if (one["type"], one["status"]) == (DISRUPTED, "True")), None)


def _end(container: Mapping[str, Any]) -> Mapping[str, Any] | None:
    state = container.get("state", {})
    last = container.get("lastState", {}) if "waiting" in state else {}
    end: Mapping[str, Any] | None = state.get("terminated") or last.get("terminated")
    return end


def _containers(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from status.get("initContainerStatuses", ())
    yield from status.get("containerStatuses", ())


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
