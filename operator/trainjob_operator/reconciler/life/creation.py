"""Which children are missing and may be created now."""

from collections.abc import Iterator
from dataclasses import dataclass

from trainjob_operator.naming import job_name
from trainjob_operator.reconciler.children import Child, Kind
from trainjob_operator.reconciler.life.lifecycle import has_begun, is_suspended
from trainjob_operator.reconciler.life.summarize import has_succeeded, is_ready, is_recorded
from trainjob_operator.reconciler.manifests.claim import build_claim
from trainjob_operator.reconciler.manifests.job import build_job
from trainjob_operator.reconciler.manifests.service import build_service
from trainjob_operator.reconciler.manifests.snapshot import build_snapshot
from trainjob_operator.reconciler.ownership import Owned, count_restarts
from trainjob_operator.reconciler.resolved import ResolvedJob, Step
from trainjob_operator.reconciler.state import Create, Observed


@dataclass(frozen=True, slots=True)
class Creation:
    """What to create now, in order. ``conflict``: a stranger has the name of what would come next."""

    creates: tuple[Create, ...]
    conflict: Child | None


def find_missing(observed: Observed, owned: Owned, resolved: ResolvedJob) -> Creation:
    """List what is to be created; nothing that depends on what a stranger's object stands in the way of."""
    creates: list[Create] = []
    for create in _missing(observed, owned, resolved):
        conflict = owned.strangers.get((create.kind, create.name))
        if conflict is not None:
            return Creation(tuple(creates), conflict)
        creates.append(create)
    return Creation(tuple(creates), None)


def _missing(observed: Observed, owned: Owned, resolved: ResolvedJob) -> Iterator[Create]:
    """Yield the children that are not there, in the order in which they depend on each other.

    What was there before is mostly gone because the TrainJob is. Jobs come last, so where there is one there was
    everything else; and with the Service come all Jobs that wait for no other. The snapshot is remembered, so where
    there is one all may have been there, though nothing of it was recorded yet.
    """
    attempt = count_restarts(observed.job)
    confirm = has_begun(observed.job) or bool(owned.jobs) or observed.snapshot is not None
    had_service = (Kind.SERVICE, resolved.subdomain) in owned.children
    if observed.snapshot is None or observed.has_lost_snapshot:
        yield Create(build_snapshot(resolved), confirm=confirm)
    if not had_service:
        yield Create(build_service(resolved), confirm=confirm)
    for claim in resolved.claims:
        if (Kind.CLAIM, claim.name) not in owned.children:
            yield Create(build_claim(resolved, claim), confirm=confirm)
    for step in resolved.steps:
        is_due = step.name not in owned.jobs and not has_succeeded(observed, owned, step.name)
        if is_due and _is_unblocked(observed, owned, step) and not _is_occupied(owned, resolved, step, attempt):
            job = build_job(resolved, step, is_suspended=is_suspended(observed.job), attempt=attempt)
            was_there = is_recorded(observed, step.name) or (had_service and not step.depends_on) or attempt > 0
            yield Create(job, confirm=was_there)


def _is_occupied(owned: Owned, resolved: ResolvedJob, step: Step, attempt: int) -> bool:
    """Tell whether pods of before a restart have yet to end: they have the names and write to the volume of the new."""
    former = (pod for pods in owned.pods.values() for pod in pods if pod.job == job_name(resolved.name, step.name))
    return step.name in owned.outdated or (attempt > 0 and any(pod.is_live for pod in former))


def _is_unblocked(observed: Observed, owned: Owned, step: Step) -> bool:
    """Tell whether everything that the step depends on is complete, or ready, as it asks."""
    for dependency in step.depends_on:
        if has_succeeded(observed, owned, dependency.name):
            continue
        job = owned.jobs.get(dependency.name)
        if job is None or dependency.status != "Ready" or not is_ready(job):
            return False
    return True
