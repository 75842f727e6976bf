"""Where a TrainJob is in its life: not ours, under way, or finished for good."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from trainjob_operator.api.conditions import Condition, ConditionType
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import TRAINJOB_CONTROLLER
from trainjob_operator.reconciler.children import JobChild, Kind
from trainjob_operator.reconciler.ownership import Owned
from trainjob_operator.reconciler.state import Delete


def is_managed(job: TrainJob) -> bool:
    """Tell whether ``spec.managedBy`` leaves the TrainJob to this operator and nobody is deleting it."""
    return job.metadata.deletion_timestamp is None and job.spec.managed_by in {None, TRAINJOB_CONTROLLER}


def is_finished(job: TrainJob) -> bool:
    """Tell whether the TrainJob is Complete or Failed: that never changes again."""
    conditions = job.status.conditions if job.status is not None else ()
    return any(
        c.type in {ConditionType.COMPLETE, ConditionType.FAILED} and c.status == "True" for c in conditions or ()
    )


def find_condition(job: TrainJob, type_: ConditionType) -> Condition | None:
    """Find a condition of the status."""
    conditions = job.status.conditions if job.status is not None else ()
    return next((condition for condition in conditions or () if condition.type == type_), None)


def is_suspended(job: TrainJob) -> bool:
    """Tell whether its author, or a queue, has it wait."""
    return bool(job.spec.suspend)


def has_begun(job: TrainJob) -> bool:
    """Tell whether the status remembers that there were children."""
    return job.status is not None and (job.status.start_time is not None or job.status.jobs_status is not None)


def has_had_jobs(job: TrainJob) -> bool:
    """Tell whether the status remembers a Job: steps are listed in it before there is any."""
    status = job.status
    return status is not None and (
        status.start_time is not None
        or any(one.active + one.ready + one.succeeded + one.failed + one.suspended for one in status.jobs_status or ())
    )


def start_time(job: TrainJob, owned: Owned, conditions: Iterable[Condition]) -> datetime | None:
    """Give the time of the start or of the last resumption (KEP-2899); None while suspended, and before there is a Job.

    Args:
        job: with what its status has recorded.
        owned: its children.
        conditions: as they are, or as they are to be.
    """
    suspended = next((one for one in conditions if one.type == ConditionType.SUSPENDED), None)
    if suspended is not None and suspended.status == "True":
        return None
    recorded = job.status.start_time if job.status is not None else None
    resumed = suspended.last_transition_time if suspended is not None else None
    return recorded or resumed or owned.begun_at()


def started_at(job: TrainJob, owned: Owned) -> datetime | None:
    """Give the time from which deadlines count: of the start or the last resumption; None while it waits.

    A TrainJob that could not start yet, because its runtime is missing say, does not wait on anybody's wish: there it
    is the time from which that was told. Before, it may have been suspended.
    """
    suspended = find_condition(job, ConditionType.SUSPENDED)
    if is_suspended(job) or (suspended is not None and suspended.status == "True"):  # or is being resumed
        return None
    conditions = job.status.conditions if job.status is not None else None
    stalled = find_condition(job, ConditionType.STALLED)
    told = stalled.last_transition_time if stalled is not None else None
    return start_time(job, owned, conditions or ()) or told


def release(owned: Owned) -> tuple[Delete, ...]:
    """Delete the Jobs that have not ended, so that nothing of a finished TrainJob holds a GPU."""
    jobs = (*owned.unfinished_jobs(), *owned.outdated.values())
    return tuple(Delete(kind=Kind.JOB, name=job.name, uid=job.uid) for job in jobs if not job.deleting)


def makes_pods_next(job: TrainJob, jobs: Sequence[JobChild]) -> bool:
    """Tell whether its own Jobs are about to go on, or all done while the status knows of further steps."""
    if is_finished(job) or is_suspended(job) or not jobs:
        return False
    steps = (job.status.jobs_status if job.status is not None else None) or ()
    is_next_due = len(jobs) < len(steps) and all(one.outcome is not None and one.outcome.succeeded for one in jobs)
    return is_next_due or any(one.suspended for one in jobs)
