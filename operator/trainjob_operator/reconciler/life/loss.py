"""Pods that were taken from trainers who cannot go on without them, and what therefore ended a group.

A pod that is preempted, drained, evicted or deleted takes the others down with it, and they look like failures of their
own. So what took the pod comes first, if it came before any failure.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.status import FailureStatus
from trainjob_operator.reconciler.children import JobChild, PodChild
from trainjob_operator.reconciler.life.failure import (
    EVIDENCE_EXPECTED_WITHIN,
    Failure,
    find_failure,
    is_because_of_another,
)
from trainjob_operator.reconciler.life.lifecycle import is_suspended
from trainjob_operator.reconciler.ownership import Owned
from trainjob_operator.reconciler.state import Observed

_BY_POLICY = "PodFailurePolicy"
_BY_A_POD = "BackoffLimitExceeded"
_OUT_OF_MEMORY = "OOMKilled"
_LONGEST = 1024  # characters of what Kubernetes says


@dataclass(frozen=True, slots=True)
class Loss:
    """A pod that was taken away.

    Attributes:
        job: its Job, which has failed or soon would.
        pod: the pod, or None if it is gone already and its Job alone tells of it.
        at: when that was seen.
        kind: why, in a word of Kubernetes.
        sentence: the same for people, with what Kubernetes says.
    """

    job: JobChild
    pod: PodChild | None
    at: datetime
    kind: str
    sentence: str

    @property
    def reason(self) -> Reason:
        """What kind of failure it is."""
        return Reason.FAILED_JOBS

    def describe(self) -> str:
        """Say which pod was taken, from where, and why."""
        return self.sentence

    def lacks_evidence(self, now: datetime) -> bool:
        """Tell whether a pod that was evicted, which stays, may still come into sight: that would be its own fault."""
        return self.pod is None and abs(now - self.at) < EVIDENCE_EXPECTED_WITHIN

    def evidence(self) -> FailureStatus:
        """Put down what was seen, for the time when the pod is gone."""
        pod, node = (self.pod.name, self.pod.node) if self.pod is not None else (None, None)
        return FailureStatus(job=self.job.name, pod=pod, node=node, reason=self.kind, log_tail=self.sentence)


Cause = Failure | Loss


def find_cause(observed: Observed, owned: Owned, group: Collection[str]) -> Cause | None:
    """Find what ended a Job, or is about to end one of those that train together.

    Args:
        observed: the TrainJob.
        owned: its children.
        group: the steps that train together, of which no pod can be spared. Other Jobs replace theirs.
    """
    failure = find_failure(owned)
    if failure is None:
        return next(_find_losses(observed, owned, group), None)
    if failure.job.replicated_job not in group:
        return failure
    pods = owned.pods_of(failure.job)
    own = [
        (pod.exit.at, pod.name, pod)
        for pod in pods
        if pod.exit is not None and not (pod.deleting or is_because_of_another(pod.exit))
    ]
    if own:
        failure = replace(failure, pod=min(own)[2])
    return _find_loss(failure, pods, has_own=bool(own)) or failure


def _find_losses(observed: Observed, owned: Owned, group: Collection[str]) -> Iterator[Loss]:
    """Yield pods that are being taken while their Job goes on: a group waits for them in vain until it ends.

    The Job controller deletes the others once a pod has failed, and those of a Job that is suspended: what was failed
    before, or made before the resumption, tells of that.
    """
    for job in owned.unfinished_jobs():
        is_under_way = not (job.suspended or job.deleting or job.is_late or is_suspended(observed.job))
        pods = owned.pods_of(job)
        has_failed = any(pod.phase == "Failed" and not pod.deleting for pod in pods)
        if job.replicated_job not in group or not is_under_way or has_failed:
            continue
        taken = [pod for pod in pods if pod.deleting and (job.started is None or pod.created >= job.started)]
        for pod in sorted(taken, key=lambda pod: (pod.disruption is None, pod.name)):
            yield _lose(job, pod, observed.now.replace(microsecond=0))


def _find_loss(failure: Failure, pods: Collection[PodChild], *, has_own: bool) -> Loss | None:
    """Find the pod that was taken before any failed by itself, if that is what ended the Job."""
    job, outcome = failure.job, failure.outcome
    disrupted = [(pod.disruption.at, pod.name, pod) for pod in pods if pod.disruption is not None]
    blamed = failure.pod.exit if failure.pod is not None and has_own else None
    if disrupted and (blamed is None or min(disrupted)[0] <= blamed.at):
        return _lose(job, min(disrupted)[2], outcome.at)
    if has_own:
        return None
    if outcome.reason == _BY_POLICY:
        return Loss(job, None, outcome.at, _BY_POLICY, f"Job {job.name} failed: {outcome.message[:_LONGEST]}")
    ended = [(pod.exit.at, pod.deleting, pod.name, pod) for pod in pods if pod.exit is not None]
    if not ended or outcome.reason != _BY_A_POD:
        return None
    pod = min(ended)[3]
    is_own = pod.exit is not None and pod.exit.reason == _OUT_OF_MEMORY
    return _lose(job, pod, outcome.at) if pod.deleting and not is_own else None


def _lose(job: JobChild, pod: PodChild, at: datetime) -> Loss:
    where = f" on node {pod.node}" if pod.node else ""
    kind, how, said = "Deleted", "was deleted", ""
    if pod.eviction is not None:
        kind, how, said = "Evicted", "was evicted by the kubelet", pod.eviction.message
    elif pod.disruption is not None:
        kind, said = pod.disruption.reason or "Disrupted", pod.disruption.message
        how = f"had to go ({kind})"
    said = said.strip()[:_LONGEST]
    sentence = f"pod {pod.name} of Job {job.name}{where} {how}" + (f": {said}" if said else "")
    return Loss(job, pod, at, kind, sentence)
