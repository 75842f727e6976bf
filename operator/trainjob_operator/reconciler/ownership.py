"""Which of the observed children are this TrainJob's own.

Names are deterministic, so a TrainJob that was deleted and created anew meets the children of its predecessor: they
carry the right names and the wrong owner, and must neither be counted nor created over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.children import Child, JobChild, Kind, PodChild
from trainjob_operator.reconciler.state import Observed


@dataclass(frozen=True, slots=True)
class Owned:
    """A TrainJob's own children, and the strangers that hold names it may need.

    Attributes:
        children: own Services, claims and Jobs by kind and name.
        jobs: own Jobs by the name of the replicated job that they run.
        pods: own pods by the UID of their Job.
        strangers: others' objects by kind and name.
        outdated: by the replicated job, own Jobs of before the last restart that have not succeeded. They are no part
            of ``jobs``: whatever becomes of them was counted.
    """

    children: Mapping[tuple[str, str], Child]
    jobs: Mapping[str, JobChild]
    pods: Mapping[str, tuple[PodChild, ...]]
    strangers: Mapping[tuple[str, str], Child]
    outdated: Mapping[str, JobChild] = field(default_factory=dict)

    def unfinished_jobs(self) -> Iterator[JobChild]:
        """Yield the Jobs that have neither succeeded nor failed, the ones being deleted too."""
        return (job for job in self.jobs.values() if job.outcome is None)

    def pods_of(self, job: JobChild) -> tuple[PodChild, ...]:
        """Give the pods of a Job, and none of an earlier one of its name."""
        return self.pods.get(job.uid, ())

    def live_pods(self) -> Iterator[PodChild]:
        """Yield the pods that may still hold resources of a node."""
        return (pod for pods in self.pods.values() for pod in pods if pod.is_live)

    def begun_at(self) -> datetime | None:
        """Give when the first Job that is there was created."""
        return min((job.created for job in self.jobs.values()), default=None)


def gather(observed: Observed) -> Owned:
    """Sort what carries the TrainJob's name into its own and others'.

    A claim without an owner that carries the TrainJob's label is its own: that is how a retained claim looks.
    """
    uid = observed.job.metadata.uid
    own: dict[tuple[str, str], Child] = {}
    strangers: dict[tuple[str, str], Child] = {}
    for child in (*observed.children, *observed.jobs):
        is_retained_claim = (
            child.kind is Kind.CLAIM and child.owner_uid is None and child.labelled == observed.job.metadata.name
        )
        (own if child.owner_uid == uid or is_retained_claim else strangers)[child.kind, child.name] = child
    jobs = [child for child in own.values() if isinstance(child, JobChild)]
    names = {job.name for job in jobs}
    pods: dict[str, tuple[PodChild, ...]] = {}
    for pod in observed.pods:
        is_of_former_job = pod.trainjob_uid == uid and pod.job.startswith(f"{observed.job.metadata.name}-")
        if is_of_former_job or (pod.trainjob_uid in {None, uid} and pod.job in names):
            pods[pod.job_uid] = (*pods.get(pod.job_uid, ()), pod)
    restarts = count_restarts(observed.job)
    return Owned(
        children=own,
        jobs={job.replicated_job: job for job in jobs if not _is_outdated(job, restarts)},
        pods=pods,
        strangers=strangers,
        outdated={job.replicated_job: job for job in jobs if _is_outdated(job, restarts)},
    )


def count_restarts(job: TrainJob) -> int:
    """Give how often the TrainJob was restarted, as its status has it."""
    return (job.status.restarts if job.status is not None else None) or 0


def _is_outdated(job: JobChild, restarts: int) -> bool:
    return job.attempt < restarts and not (job.outcome is not None and job.outcome.succeeded)
