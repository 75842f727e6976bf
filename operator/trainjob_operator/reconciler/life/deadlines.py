"""What time demands: an end of what takes too long, and the removal of what ended long ago."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from trainjob_operator.api.conditions import ConditionType, Reason
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.children import Kind
from trainjob_operator.reconciler.life.lifecycle import find_condition, started_at
from trainjob_operator.reconciler.life.summarize import has_trainer_started
from trainjob_operator.reconciler.ownership import Owned
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Delete, Expire, Observed

_A_CENTURY = 100 * 365 * 86400


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time by which something has to be, and what to say when it is not."""

    at: datetime
    reason: Reason
    message: str


def next_deadline(
    observed: Observed, owned: Owned, runtime: Runtime | None, resolved: ResolvedJob | None
) -> Deadline | None:
    """Find the deadline that comes first, or has passed.

    Args:
        observed: the TrainJob and the time.
        owned: its children.
        runtime: what the TrainJob runs on, which may set a deadline for those that set none; None if it is missing.
        resolved: what the TrainJob comes to, or None if that is not known.
    """
    return min(_deadlines(observed, owned, runtime, resolved), key=lambda deadline: deadline.at, default=None)


def _deadlines(
    observed: Observed, owned: Owned, runtime: Runtime | None, resolved: ResolvedJob | None
) -> Iterator[Deadline]:
    spec, start = observed.job.spec, started_at(observed.job, owned)
    if start is None:
        return
    policy = runtime.spec.run_policy if runtime is not None else None
    active = spec.active_deadline_seconds or (policy.active_deadline_seconds if policy is not None else None)
    if active:
        yield Deadline(_after(start, active), Reason.DEADLINE_EXCEEDED, "TrainJob exceeded its active deadline")
    if spec.pre_running_deadline_seconds and not _has_run(observed, owned, resolved):
        yield Deadline(
            _after(start, spec.pre_running_deadline_seconds),
            Reason.PRE_RUNNING_DEADLINE_EXCEEDED,
            f"the trainers did not all run {spec.pre_running_deadline_seconds} s after the start:"
            " kubectl describe the pods to see what they wait for",
        )


def _has_run(observed: Observed, owned: Owned, resolved: ResolvedJob | None) -> bool:
    """Tell whether all trainers run or did: training that was interrupted is not what the deadline is for."""
    status = observed.job.status
    if status is not None and status.trainer_start_time is not None:
        return True
    return has_trainer_started(observed, owned, resolved)


def expire(observed: Observed, owned: Owned) -> tuple[tuple[Delete | Expire, ...], float | None]:
    """Give what of a finished TrainJob is to be removed by now, and the seconds until more is."""
    ended = _ended_at(observed.job)
    if ended is None:
        return (), None
    runtime = observed.snapshot or observed.runtime
    own, children = _time_to_live(observed.job, runtime), _childrens_time_to_live(runtime)
    if own is not None and observed.now >= _after(ended, own):
        return (Expire(),), None
    if children is not None and observed.now >= _after(ended, children):
        deletes = tuple(_remove(owned))
        return deletes, None if own is None else _left(observed, ended, own)
    return (), min((_left(observed, ended, ttl) for ttl in (own, children) if ttl is not None), default=None)


def may_inherit_time_to_live(job: TrainJob, runtime: Runtime | None) -> bool:
    """Tell whether the runtime's snapshot is worth reading for how long a finished TrainJob is kept.

    The runtime as it is now tells: one that says nothing now, or is gone, is taken to have said nothing then.
    """
    if runtime is None:
        return False
    return _childrens_time_to_live(runtime) is not None or (
        job.spec.ttl_seconds_after_finished is None and _time_to_live(job, runtime) is not None
    )


def _time_to_live(job: TrainJob, runtime: Runtime | None) -> int | None:
    policy = runtime.spec.run_policy if runtime is not None else None
    inherited = policy.ttl_seconds_after_finished if policy is not None else None
    own = job.spec.ttl_seconds_after_finished
    return inherited if own is None else own


def _childrens_time_to_live(runtime: Runtime | None) -> int | None:
    """Give JobSet's: the TrainJob stays, and all that was made for it goes, but for claims that are retained."""
    return runtime.spec.template.spec.ttl_seconds_after_finished if runtime is not None else None


def _ended_at(job: TrainJob) -> datetime | None:
    """Give when the end could first be read, as for a Job of Kubernetes: nobody loses what was told late."""
    ends = (find_condition(job, ConditionType.COMPLETE), find_condition(job, ConditionType.FAILED))
    return next((end.last_transition_time for end in ends if end is not None), None)


def _after(start: datetime, seconds: int) -> datetime:
    """Add seconds, of which the API server lets more through than there is time."""
    return start + timedelta(seconds=min(seconds, _A_CENTURY))


def _remove(owned: Owned) -> Iterator[Delete]:
    for child in owned.children.values():
        if child.owner_uid is not None and not child.deleting:
            yield Delete(kind=Kind(child.kind), name=child.name, uid=child.uid)


def _left(observed: Observed, ended: datetime, ttl: int) -> float:
    return max((_after(ended, ttl) - observed.now).total_seconds(), 0.1)
