"""Which of the observed children are this TrainJob's own.

Names are deterministic, so a TrainJob that was deleted and created anew meets the children of its predecessor: they
carry the right names and the wrong owner, and must neither be counted nor created over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from trainjob_operator.reconciler.children import Child, JobChild, Kind, PodChild
from trainjob_operator.reconciler.state import Observed


@dataclass(frozen=True, slots=True)
class Owned:
    """A TrainJob's own children, and the strangers that hold names it may need.

    Attributes:
        children: own Services, claims and Jobs by kind and name.
        jobs: own Jobs by the name of the replicated job that they run.
        pods: own pods by the name of their Job.
        strangers: others' objects by kind and name.
    """

    children: Mapping[tuple[str, str], Child]
    jobs: Mapping[str, JobChild]
    pods: Mapping[str, tuple[PodChild, ...]]
    strangers: Mapping[tuple[str, str], Child]

    def unfinished_jobs(self) -> Iterator[JobChild]:
        """Yield the Jobs that have neither succeeded nor failed, the ones being deleted too."""
        return (job for job in self.jobs.values() if job.outcome is None)

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
    jobs = {child.replicated_job: child for child in own.values() if isinstance(child, JobChild)}
    names = {job.name for job in jobs.values()}
    pods: dict[str, tuple[PodChild, ...]] = {}
    for pod in observed.pods:
        is_of_former_job = pod.trainjob_uid == uid and pod.job.startswith(f"{observed.job.metadata.name}-")
        if is_of_former_job or (pod.trainjob_uid in {None, uid} and pod.job in names):
            pods[pod.job] = (*pods.get(pod.job, ()), pod)
    return Owned(children=own, jobs=jobs, pods=pods, strangers=strangers)
