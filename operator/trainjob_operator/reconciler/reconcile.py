"""Decide what to do about one TrainJob; the one entrance to the core.

Level-triggered: nothing is remembered between calls, so every call decides from what is there. An empty plan means that
the TrainJob and its children are as they should be.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from trainjob_operator.api.conditions import Condition, ConditionType, Reason, set_condition
from trainjob_operator.api.status import FailureStatus, TrainJobStatus
from trainjob_operator.reconciler.children import Child
from trainjob_operator.reconciler.life.creation import find_missing
from trainjob_operator.reconciler.life.deadlines import expire, next_deadline
from trainjob_operator.reconciler.life.failure import EVIDENCE_EXPECTED_WITHIN, find_evictions, find_failure, reason_of
from trainjob_operator.reconciler.life.lifecycle import find_condition, is_finished, is_managed, is_suspended, release
from trainjob_operator.reconciler.life.obstacles import (
    PREDECESSOR_GONE_WITHIN,
    Obstacle,
    find_obstacle,
    inspections,
    is_predecessors,
)
from trainjob_operator.reconciler.life.report import Report
from trainjob_operator.reconciler.life.summarize import has_succeeded
from trainjob_operator.reconciler.life.suspension import resume_jobs, suspend_jobs
from trainjob_operator.reconciler.ownership import Owned, gather
from trainjob_operator.reconciler.resolve import Resolve, resolve
from trainjob_operator.reconciler.resolved import Rejected, ResolvedJob
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.reconciler.state import Observed, Plan


@dataclass(frozen=True, slots=True)
class _End:
    """Why a TrainJob fails, since when, and the evidence, if a container is to blame."""

    reason: Reason
    message: str
    at: datetime
    evidence: FailureStatus | None = None


def reconcile(observed: Observed, resolve: Resolve = resolve) -> Plan:
    """Compute the actions and the status that one TrainJob needs now.

    Resolving is most of the work, and gives the same for the same TrainJob, runtime and endpoint: who asks often may
    bring a ``resolve`` that remembers.
    """
    if not is_managed(observed.job):
        return Plan()
    owned = gather(observed)
    if is_finished(observed.job):
        return _conclude(observed, owned)
    failure = find_failure(owned)
    if failure is not None and failure.lacks_evidence(observed.now):
        return Plan(requeue_after=EVIDENCE_EXPECTED_WITHIN.total_seconds())
    result: ResolvedJob | Rejected
    if observed.unusable_snapshot is None:
        result = resolve(observed.job, observed.snapshot or observed.runtime, observed.endpoint)
    else:
        result = Rejected((Violation(Reason.RUNTIME_INVALID, "", observed.unusable_snapshot),))
    if failure is not None:
        end = _End(failure.reason, failure.describe(), failure.outcome.at, failure.evidence())
        return _fail(observed, owned, _known(result), end)
    if (given_up := _given_up(observed, owned)) is not None:
        return _fail(observed, owned, _known(result), given_up)
    return _go_on(observed, owned, result)


def own_up(observed: Observed, error: Exception) -> Plan:
    """Plan for a TrainJob about which nothing could be decided, because of a defect: say so in its conditions.

    Its author may still suspend it, its deadlines hold, and its time to live does.
    """
    message = (
        f"the operator failed to decide what to do ({type(error).__name__}). This is a defect of trainjob-operator and"
        " not of this TrainJob; the operator's log has the details. What runs goes on, and it is tried again"
    )
    rejected = Rejected((Violation(Reason.INTERNAL_ERROR, "", message),))
    try:
        return reconcile(observed, lambda *_: rejected)
    except Exception:  # noqa: BLE001 - if not even that can be decided, the condition is what is left
        stalled = Condition(type=ConditionType.STALLED, status="True", reason=Reason.INTERNAL_ERROR, message=message)
        old = observed.job.status or TrainJobStatus()
        conditions = set_condition(old.conditions or (), stalled, now=observed.now)
        status = old.model_copy(update={"conditions": conditions})
        return Plan() if status == old else Plan(status=status, urgent=True)


def _given_up(observed: Observed, owned: Owned) -> _End | None:
    """Give up a Job that would go on for ever; what was written of it stays true when the Job is gone."""
    if (evictions := find_evictions(owned)) is not None:
        return _End(Reason.FAILED_JOBS, evictions.describe(), evictions.eviction.at, evictions.evidence())
    stalled = find_condition(observed.job, ConditionType.STALLED)
    if stalled is None or observed.job.status is None or observed.job.status.failure is None:
        return None
    return _End(reason_of(observed.job.status.failure), stalled.message, observed.now.replace(microsecond=0))


def _conclude(observed: Observed, owned: Owned) -> Plan:
    """Leave a finished TrainJob as it is, but for what time takes away, and note which of its versions was seen."""
    removals, look_again = expire(observed, owned)
    status, generation = observed.job.status, observed.job.metadata.generation
    is_seen = status is None or status.observed_generation == generation
    seen = None if is_seen or status is None else status.model_copy(update={"observed_generation": generation})
    return Plan(actions=(*release(owned), *removals), status=seen, urgent=not is_seen, requeue_after=look_again)


def _go_on(observed: Observed, owned: Owned, result: ResolvedJob | Rejected) -> Plan:
    """Bring a TrainJob further that has neither ended nor failed, unless its time is up."""
    resolved = _known(result)
    if _has_completed(observed, owned, resolved):
        return _complete(observed, owned, resolved)
    deadline = next_deadline(observed, owned, observed.snapshot or observed.runtime, resolved)
    if deadline is not None and observed.now >= deadline.at:
        return _fail(observed, owned, resolved, _End(deadline.reason, deadline.message, deadline.at))
    if isinstance(result, Rejected):
        report = _report(observed, owned, None, Obstacle(result.reason, result.message))
        plan = replace(report, actions=tuple(suspend_jobs(owned)) if is_suspended(observed.job) else ())
    else:
        plan = _proceed(observed, owned, result)
    left = (deadline.at - observed.now).total_seconds() if deadline is not None else None
    return replace(plan, requeue_after=_soonest(plan.requeue_after, left))


def _has_completed(observed: Observed, owned: Owned, resolved: ResolvedJob | None) -> bool:
    """Tell whether all steps are done; where nobody knows any more what they are, the status has recorded them."""
    if resolved is not None:
        return all(has_succeeded(observed, owned, step.name) for step in resolved.steps)
    recorded = (observed.job.status.jobs_status if observed.job.status is not None else None) or ()
    return bool(recorded) and all(has_succeeded(observed, owned, status.name) for status in recorded)


def _known(result: ResolvedJob | Rejected) -> ResolvedJob | None:
    return None if isinstance(result, Rejected) else result


def _proceed(observed: Observed, owned: Owned, resolved: ResolvedJob) -> Plan:
    """Create what is missing and may exist by now, have Jobs wait or go on, and say what stands in the way."""
    creation = find_missing(observed, owned, resolved)
    patches = suspend_jobs(owned) if is_suspended(observed.job) else resume_jobs(owned, resolved)
    inspect, look_again = inspections(observed, owned)
    report = _report(observed, owned, resolved, find_obstacle(observed, owned, creation.conflict))
    return replace(
        report,
        actions=(*creation.creates, *patches, *inspect),
        requeue_after=_soonest(look_again, _wait_for_predecessor(observed, creation.conflict)),
    )


def _complete(observed: Observed, owned: Owned, resolved: ResolvedJob | None) -> Plan:
    ended = max((job.outcome.at for job in owned.jobs.values() if job.outcome is not None), default=observed.now)
    trains = resolved is None or any(step.pods > 0 for step in resolved.steps if step.name == resolved.trainer)
    untrained = "" if trains else "; nothing was trained, for numNodes is 0"
    message = f"TrainJob completed: all of its Jobs succeeded{untrained}"
    complete = Condition(type=ConditionType.COMPLETE, status="True", reason=Reason.ALL_JOBS_COMPLETED, message=message)
    return Report(observed, owned, resolved, (complete,), completed=ended).plan()


def _fail(observed: Observed, owned: Owned, resolved: ResolvedJob | None, end: _End) -> Plan:
    """Stop what still runs; the TrainJob is Failed for good once nothing of it holds a node any more."""
    conditions = [Condition(type=ConditionType.STALLED, status="True", reason=end.reason, message=end.message)]
    is_over = not any(owned.unfinished_jobs()) and not any(owned.live_pods())
    if is_over:
        conditions.append(Condition(type=ConditionType.FAILED, status="True", reason=end.reason, message=end.message))
    report = Report(observed, owned, resolved, conditions, end.at if is_over else None, end.evidence)
    return replace(report.plan(), actions=release(owned))


def _report(observed: Observed, owned: Owned, resolved: ResolvedJob | None, obstacle: Obstacle | None) -> Plan:
    """Write the counts, and ``Stalled`` for as long as something stands in the way."""
    if obstacle is None:
        return Report(observed, owned, resolved).plan()
    stalled = Condition(type=ConditionType.STALLED, status="True", reason=obstacle.reason, message=obstacle.message)
    return Report(observed, owned, resolved, (stalled,)).plan()


def _wait_for_predecessor(observed: Observed, conflict: Child | None) -> float | None:
    created = observed.job.metadata.creation_timestamp
    if conflict is None or created is None or not is_predecessors(conflict, observed.job.metadata.name):
        return None
    left = PREDECESSOR_GONE_WITHIN - (observed.now - created)
    return max(left, timedelta(seconds=1)).total_seconds() if left > timedelta() else None


def _soonest(*delays: float | None) -> float | None:
    return min((delay for delay in delays if delay is not None), default=None)
