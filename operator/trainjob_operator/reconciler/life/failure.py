"""The first failure of a TrainJob, and the evidence of it.

A process that dies takes its group along: the others lose their connection to it, or are told to end, and may be gone
before it. So a pod that failed for a reason of its own comes before those that failed because of another.
"""

import signal
from dataclasses import dataclass
from datetime import datetime, timedelta

from trainjob_contract.exit_codes import BY_SIGNAL, TrainerExitCode
from trainjob_contract.nan_loss import tells_of_nan
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.status import FailureStatus
from trainjob_operator.reconciler.children import Eviction, Exit, JobChild, Outcome, PodChild
from trainjob_operator.reconciler.ownership import Owned

EVIDENCE_EXPECTED_WITHIN = timedelta(seconds=2)
_MESSAGE_LIMIT = 1024
_EVICTIONS_ENDURED = 3  # of each pod
_BECAUSE_OF_ANOTHER = frozenset(
    {TrainerExitCode.PEER_LOST, TrainerExitCode.STOPPED_WITH_ANOTHER, BY_SIGNAL + signal.SIGTERM}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """The first Job that failed. ``pod`` is the one that shows why, or None if it is not to be seen (yet)."""

    job: JobChild
    outcome: Outcome
    pod: PodChild | None

    @property
    def reason(self) -> Reason:
        """What kind of failure it is."""
        return reason_of(self.evidence())

    def describe(self) -> str:
        """Say which container of which pod failed, with what exit code, and what it said last."""
        if self.pod is None or self.pod.exit is None:
            return f"Job {self.job.name} failed ({self.outcome.reason}): {self.outcome.message}"
        end = self.pod.exit
        said = _last_line(end.message)[:_MESSAGE_LIMIT] or "it left no message; see its log"
        why = "" if end.reason in {"", "Error"} else f" ({end.reason})"
        where = f" on node {self.pod.node}" if self.pod.node else ""
        return (
            f"Job {self.job.name} failed: container {end.container} of pod {self.pod.name}{where} ended with exit code"
            f" {end.exit_code}{why}: {said}"
        )

    def lacks_evidence(self, now: datetime) -> bool:
        """Tell whether the end of the pod to blame may still be on its way: kinds are watched apart and not in step."""
        has_cause = self.pod is not None and self.pod.exit is not None and not _is_because_of_another(self.pod.exit)
        return not has_cause and abs(now - self.outcome.at) < EVIDENCE_EXPECTED_WITHIN

    def evidence(self) -> FailureStatus:
        """Put down what was seen, for the time when the pod is gone."""
        end = self.pod.exit if self.pod is not None else None
        return FailureStatus(
            job=self.job.name,
            pod=self.pod.name if self.pod is not None else None,
            node=self.pod.node if self.pod is not None else None,
            container=end.container if end is not None else None,
            exit_code=end.exit_code if end is not None else None,
            reason=(end.reason if end is not None else "") or self.outcome.reason,
            log_tail=(end.message if end is not None else "") or None,
        )


def reason_of(evidence: FailureStatus) -> Reason:
    """Tell what kind of failure it was, from what was seen of it."""
    is_nan = evidence.exit_code is not None and tells_of_nan(evidence.exit_code, evidence.log_tail or "")
    return Reason.NAN_LOSS if is_nan else Reason.FAILED_JOBS


def _last_line(message: str) -> str:
    """Pick the line that says most: the first of what was written for us, the last with a word in it of a log.

    The kubelet hands over the end of the log, newline and all, where the container left no message.
    """
    lines = [line.strip() for line in message.splitlines() if any(map(str.isalnum, line))]
    return lines[-1 if message.endswith("\n") else 0] if lines else ""


def find_failure(owned: Owned) -> Failure | None:
    """Find the Job that failed first, with the pod of it that is to blame: the first that failed by itself, if any."""
    failed = [(job.outcome, job) for job in owned.jobs.values() if job.outcome and not job.outcome.succeeded]
    if not failed:
        return None
    outcome, job = min(failed, key=lambda pair: (pair[0].at, pair[1].name))
    exits = [
        (_is_because_of_another(pod.exit), pod.exit.at, pod.name, pod)
        for pod in owned.pods.get(job.name, ())
        if pod.exit is not None
    ]
    return Failure(job=job, outcome=outcome, pod=min(exits)[3] if exits else None)


@dataclass(frozen=True, slots=True)
class Evictions:
    """A Job whose pods the kubelet evicts again and again. ``last`` is the newest of those pods."""

    job: JobChild
    count: int
    last: PodChild
    eviction: Eviction

    def describe(self) -> str:
        """Say what the kubelet says, and what to do about it."""
        where = f" by node {self.last.node}" if self.last.node else ""
        said = _last_line(self.eviction.message)[:_MESSAGE_LIMIT] or "it left no message"
        return (
            f"Job {self.job.name} failed: {self.count} pods of it were evicted{where}, the last one {self.last.name}:"
            f" {said.rstrip('.')}. Another would end like them: ask for what it takes (resourcesPerNode, or the"
            " runtime's), or write less to the container's own disk"
        )

    def evidence(self) -> FailureStatus:
        """Put down what was seen, for the time when the pods are gone."""
        return FailureStatus(
            job=self.job.name,
            pod=self.last.name,
            node=self.last.node,
            reason="Evicted",
            log_tail=self.eviction.message or None,
        )


def find_evictions(owned: Owned) -> Evictions | None:
    """Find a Job whose pods were evicted so often that the next one would be, too.

    Jobs ignore disruptions, and Kubernetes takes an eviction for one, also if the pod itself is why its node is short
    of memory or disk: it would be made anew without end.
    """
    for job in owned.unfinished_jobs():
        evicted = [(pod.eviction, pod) for pod in owned.pods.get(job.name, ()) if pod.eviction is not None]
        if len(evicted) >= job.parallelism * _EVICTIONS_ENDURED and evicted:
            eviction, last = max(evicted, key=lambda pair: (pair[0].at, pair[1].name))
            return Evictions(job, len(evicted), last, eviction)
    return None


def _is_because_of_another(end: Exit) -> bool:
    return end.exit_code in _BECAUSE_OF_ANOTHER
