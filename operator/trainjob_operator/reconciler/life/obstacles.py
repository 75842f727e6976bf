"""What stands in the way of a TrainJob that nobody has to give up yet, told so that a newcomer can act on it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from trainjob_operator.api.conditions import ConditionType, Reason
from trainjob_operator.naming import TRAINJOB
from trainjob_operator.reconciler.children import Child, JobChild, Kind, PodChild, Trouble
from trainjob_operator.reconciler.life.lifecycle import find_condition
from trainjob_operator.reconciler.ownership import Owned
from trainjob_operator.reconciler.state import Inspect, Observed, Refusal

PODS_EXPECTED_WITHIN = timedelta(seconds=10)
INSPECT_EVERY = timedelta(seconds=30)
PREDECESSOR_GONE_WITHIN = timedelta(seconds=60)

_IMAGE_REASONS = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_START_REASONS = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff"}
)
_GATED = "SchedulingGated"
_ANEW = "if the runtime is to blame, correct it and create this TrainJob anew, because this one keeps it as it was"
_MISSING_ACCOUNT = re.compile(r'serviceaccounts? "([^"]+)" not found')
_BACK_OFF = re.compile(r'^Back-off pulling image "[^"]*": (ErrImagePull: )?')


@dataclass(frozen=True, slots=True)
class Obstacle:
    """The reason and message of a ``Stalled`` condition."""

    reason: Reason
    message: str


def find_obstacle(observed: Observed, owned: Owned, conflict: Child | None) -> Obstacle | None:
    """Name what keeps the TrainJob from going on, or None if it is merely under way.

    Args:
        observed: the TrainJob and what could not be created for it.
        owned: its children.
        conflict: a stranger that holds the name of the child that is to be created next, or None.
    """
    if conflict is not None:
        return _conflict_obstacle(observed, conflict)
    for refusal in observed.refusals:
        if refusal.kind != "Pod":
            return _refusal_obstacle(refusal)
    for job, _ in _podless_jobs(owned):
        for refusal in observed.refusals:
            if refusal.kind == "Pod" and refusal.name == job.name:
                return _refusal_obstacle(refusal)
    for pod, trouble in _troubled_pods(owned):
        if obstacle := _trouble_obstacle(pod, trouble):
            return obstacle
    return _placement_obstacle(observed, owned)


def inspections(observed: Observed, owned: Owned) -> tuple[tuple[Inspect, ...], float | None]:
    """List the Jobs whose Events may tell why they have no pods, and the seconds until to look again.

    Quota, Pod Security and LimitRange leave no trace in a Job's status, only FailedCreate Events. A pod that finds no
    node does not change when it is time to say so.
    """
    due: list[Inspect] = []
    waits: list[float] = []
    for job, since in _podless_jobs(owned):
        missing_for = observed.now - since
        if missing_for >= PODS_EXPECTED_WITHIN:
            due.append(Inspect(job=job.name, uid=job.uid))
            waits.append(INSPECT_EVERY.total_seconds())
        else:
            waits.append((PODS_EXPECTED_WITHIN - missing_for).total_seconds())
    left = (observed.unschedulable_after - waited for _, _, waited in _unplaced_pods(observed, owned))
    waits += (time.total_seconds() for time in left if time > timedelta())
    return tuple(due), min(waits, default=None)


def is_predecessors(child: Child, trainjob: str) -> bool:
    """Tell whether garbage collection will remove this stranger by itself: it is of an earlier TrainJob of the name."""
    return child.deleting or (child.owner_kind == TRAINJOB and child.labelled == trainjob)


def _podless_jobs(owned: Owned) -> Iterator[tuple[JobChild, datetime]]:
    """Yield the unfinished Jobs that have no pods, each with since when it should have some."""
    for job in owned.unfinished_jobs():
        is_to_have_pods = not (job.suspended or job.deleting or job.parallelism == 0)
        if is_to_have_pods and job.lacking_since is not None and not owned.pods_of(job):
            yield job, job.lacking_since


def _troubled_pods(owned: Owned) -> Iterator[tuple[PodChild, Trouble]]:
    for pods in owned.pods.values():
        for pod in pods:
            if pod.trouble is not None and not pod.deleting:
                yield pod, pod.trouble


def _unplaced_pods(observed: Observed, owned: Owned) -> Iterator[tuple[PodChild, Trouble, timedelta]]:
    """Yield the pods for which the scheduler finds no node, each with for how long, time behind a gate included."""
    for pod, trouble in _troubled_pods(owned):
        if trouble.since is not None and trouble.reason != _GATED:
            yield pod, trouble, observed.now - trouble.since


def _placement_obstacle(observed: Observed, owned: Owned) -> Obstacle | None:
    """Tell of a Job whose pods have found no node for long.

    The scheduler's words change with every node: what was told of a Job stays.
    """
    told = find_condition(observed.job, ConditionType.STALLED)
    obstacle = None
    for pod, trouble, waited in _unplaced_pods(observed, owned):
        begin = f"the pods of Job {pod.job} find no node: "
        if told is not None and told.message.startswith(begin):
            return Obstacle(Reason.UNSCHEDULABLE, told.message)
        if waited >= observed.unschedulable_after and obstacle is None:
            why = trouble.message.partition(". ")[0].rstrip(".")
            obstacle = Obstacle(
                Reason.UNSCHEDULABLE,
                f"{begin}{why}. They start as soon as that changes; if no node will ever do, create this TrainJob anew,"
                " asking for what a node has",
            )
    return obstacle


def _conflict_obstacle(observed: Observed, conflict: Child) -> Obstacle | None:
    if conflict.owner_kind == TRAINJOB and conflict.labelled != observed.job.metadata.name:
        why = (
            "the runtime's network.subdomain gives all its TrainJobs in a namespace this one name"
            if conflict.kind is Kind.SERVICE
            else "the two names come to the same with those of their runtimes' jobs, so give this one another name"
        )
        return Obstacle(
            Reason.CHILD_CONFLICT,
            f"{conflict.kind} {conflict.name} belongs to TrainJob {conflict.labelled}: {why}; this TrainJob goes on"
            " when that one is deleted",
        )
    if not is_predecessors(conflict, observed.job.metadata.name):
        owner = f"belongs to a {conflict.owner_kind}" if conflict.owner_kind else "has no owner"
        return Obstacle(
            Reason.CHILD_CONFLICT,
            f"{conflict.kind} {conflict.name} exists already and {owner}: delete it, or give this TrainJob another"
            " name",
        )
    created = observed.job.metadata.creation_timestamp
    if created is not None and observed.now - created < PREDECESSOR_GONE_WITHIN:
        return None
    return Obstacle(
        Reason.CHILD_CONFLICT,
        f"{conflict.kind} {conflict.name} of an earlier TrainJob of this name is still there:"
        " find out what keeps it from being deleted",
    )


def _refusal_obstacle(refusal: Refusal) -> Obstacle:
    if refusal.kind == "Pod":
        return Obstacle(
            Reason.PODS_REFUSED,
            f"the pods of Job {refusal.name} cannot be created: {refusal.message.rstrip('.')}. {_remedy(refusal)}: the"
            f" Job controller tries again at growing intervals; {_ANEW}",
        )
    if refusal.reason == "AlreadyExists":
        return Obstacle(
            Reason.CHILD_CONFLICT,
            f"{refusal.kind} {refusal.name} exists already and is not this TrainJob's: delete it, or give this TrainJob"
            " another name",
        )
    return Obstacle(
        Reason.CHILD_REFUSED,
        f"{refusal.kind} {refusal.name} cannot be created: {refusal.message.rstrip('.')}. It is tried again at growing"
        f" intervals; {_ANEW}",
    )


def _remedy(refusal: Refusal) -> str:
    """Say what to do about pods that are refused: mostly quota, LimitRange, Pod Security or a policy's webhook."""
    if missing := _MISSING_ACCOUNT.search(refusal.message):
        return f"Create the service account {missing[1]}, or have the runtime name one that is there"
    return "Change the quota or policy that is named here"


def _trouble_obstacle(pod: PodChild, trouble: Trouble) -> Obstacle | None:
    if trouble.reason in _IMAGE_REASONS:
        why = _BACK_OFF.sub("", trouble.message) or trouble.reason
        return Obstacle(
            Reason.IMAGE_PULL_FAILED,
            f"image {trouble.image} of container {trouble.container} in pod {pod.name} cannot be pulled: {why}. Check"
            " the image's name and the pull secrets; the kubelet keeps trying",
        )
    if trouble.reason in _START_REASONS:
        ended = f" It ended with exit code {pod.exit.exit_code}: {pod.exit.message}" if pod.exit else ""
        return Obstacle(
            Reason.POD_START_FAILED,
            f"container {trouble.container} of pod {pod.name} does not start ({trouble.reason}):"
            f" {trouble.message.rstrip('.')}.{ended}".rstrip(),
        )
    return None
