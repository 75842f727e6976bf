"""Turn what was seen of the children into the TrainJob's status; nothing that is merely hoped for goes in."""

from datetime import datetime

from trainjob_operator.api.conditions import Condition
from trainjob_operator.api.failure_policy import FailureAction
from trainjob_operator.api.status import FailureStatus, JobStatus, LastFailureStatus, TrainJobStatus
from trainjob_operator.reconciler.children import JobChild
from trainjob_operator.reconciler.life.lifecycle import start_time
from trainjob_operator.reconciler.ownership import Owned
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Observed


def summarize(
    observed: Observed,
    owned: Owned,
    resolved: ResolvedJob | None,
    *,
    conditions: tuple[Condition, ...],
    completed: datetime | None = None,
    failure: FailureStatus | None = None,
    last_failure: LastFailureStatus | None = None,
) -> TrainJobStatus:
    """Compute the status.

    Args:
        observed: the TrainJob with the status that it has now.
        owned: its children.
        resolved: what it comes to; if that is not known, what the status has of it stays.
        conditions: the conditions as they are to be.
        completed: when the TrainJob ended, or None.
        failure: the evidence of its first failure; what the status has already is of an earlier one, and stays.
        last_failure: the newest failure, if something is done about it now; a restart is counted with it.
    """
    old = observed.job.status or TrainJobStatus()
    start = start_time(observed.job, owned, conditions)
    known = {status.name: status for status in old.jobs_status or ()}
    steps = known if resolved is None else [step.name for step in resolved.steps]
    return TrainJobStatus(
        conditions=conditions or None,
        jobs_status=tuple(_count(name, owned.jobs.get(name), known.get(name)) for name in steps) or None,
        trainer_status=old.trainer_status,
        observed_generation=observed.job.metadata.generation,
        start_time=start,
        completion_time=completed,
        trainer_start_time=_trainer_start_time(observed, owned, resolved, start),
        recipe=old.recipe if resolved is None else resolved.recipe,
        failure=old.failure or failure,
        restarts=_count_up(old.restarts, last_failure, "RestartTrainJob", "RestartTrainJobAndIgnoreMaxRestarts"),
        restarts_count_towards_max=_count_up(old.restarts_count_towards_max, last_failure, "RestartTrainJob"),
        last_failure=last_failure or old.last_failure,
    )


def _count_up(count: int | None, failure: LastFailureStatus | None, *actions: FailureAction) -> int | None:
    """Count a restart if it is of this sort; where there has been none, nothing is said."""
    return (count or 0) + 1 if failure is not None and failure.action in actions else count


def _trainer_start_time(
    observed: Observed, owned: Owned, resolved: ResolvedJob | None, start: datetime | None
) -> datetime | None:
    """Keep when all trainers ran first since the start or the last resumption."""
    old = observed.job.status
    if start is None:
        return None
    if old is not None and old.trainer_start_time is not None and old.start_time == start:
        return old.trainer_start_time
    trainer = owned.jobs.get(resolved.trainer) if resolved is not None else None
    return observed.now.replace(microsecond=0) if trainer is not None and is_ready(trainer) else None


def has_succeeded(observed: Observed, owned: Owned, step: str) -> bool:
    """Tell whether a replicated job is done, even if its Job is gone by now."""
    job = owned.jobs.get(step)
    if job is not None:
        return job.outcome is not None and job.outcome.succeeded
    recorded = observed.job.status.jobs_status if observed.job.status is not None else None
    return any(status.name == step and status.succeeded > 0 for status in recorded or ())


def has_trainer_started(observed: Observed, owned: Owned, resolved: ResolvedJob | None) -> bool:
    """Tell whether all trainers run, or are done."""
    if resolved is None:
        return False
    job = owned.jobs.get(resolved.trainer)
    return has_succeeded(observed, owned, resolved.trainer) or (job is not None and is_ready(job))


def is_recorded(observed: Observed, step: str) -> bool:
    """Tell whether the status remembers a Job of this replicated job."""
    recorded = observed.job.status.jobs_status if observed.job.status is not None else None
    return any(
        status.name == step and status.active + status.ready + status.succeeded + status.failed + status.suspended > 0
        for status in recorded or ()
    )


def is_ready(job: JobChild) -> bool:
    """Tell whether all pods of a Job that has not ended are ready or have succeeded, as JobSet counts it.

    Those of a Job that is being deleted are about to go.
    """
    goes_on = job.outcome is None and not (job.suspended or job.deleting)
    return goes_on and job.succeeded + job.ready >= job.parallelism > 0


def _count(name: str, job: JobChild | None, recorded: JobStatus | None) -> JobStatus:
    if job is None:
        done = recorded is not None and recorded.succeeded > 0
        return JobStatus(name=name, ready=0, succeeded=int(done), failed=0, active=0, suspended=0)
    ended = job.outcome is not None
    return JobStatus(
        name=name,
        ready=int(is_ready(job)),
        succeeded=int(job.outcome is not None and job.outcome.succeeded),
        failed=int(job.outcome is not None and not job.outcome.succeeded),
        active=int(job.active > 0 and not ended),
        suspended=int(job.suspended),
    )
