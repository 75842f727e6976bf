"""Decide what to do about one TrainJob; the one entrance to the core.

Level-triggered: nothing is remembered between calls, so every call decides from what is there. An empty plan means that
the TrainJob and its children are as they should be.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from trainjob_operator.api.conditions import Condition, ConditionType, Reason, remove_condition, set_condition
from trainjob_operator.reconciler.build.claim import build_claim
from trainjob_operator.reconciler.build.job import build_job
from trainjob_operator.reconciler.build.service import build_service
from trainjob_operator.reconciler.build.snapshot import build_snapshot
from trainjob_operator.reconciler.family import Family, gather
from trainjob_operator.reconciler.lifecycle import (
    EVIDENCE_EXPECTED_WITHIN,
    Failure,
    find_failure,
    is_finished,
    is_managed,
    release,
)
from trainjob_operator.reconciler.obstacles import (
    PREDECESSOR_GONE_WITHIN,
    Obstacle,
    find_obstacle,
    inspections,
    is_predecessors,
)
from trainjob_operator.reconciler.resolve import Resolve, resolve
from trainjob_operator.reconciler.resolved import Rejected, ResolvedJob, Step
from trainjob_operator.reconciler.state import Child, Create, Event, Kind, Observed, Plan
from trainjob_operator.reconciler.summarize import has_succeeded, is_ready, is_recorded, summarize


def reconcile(observed: Observed, resolve: Resolve = resolve) -> Plan:
    """Compute the actions and the status that one TrainJob needs now.

    Resolving is most of the work, and gives the same for the same TrainJob and runtime: who asks often may bring a
    ``resolve`` that remembers.
    """
    if not is_managed(observed.job):
        return Plan()
    family = gather(observed)
    if is_finished(observed.job):
        return Plan(actions=release(family))
    resolved = resolve(observed.job, observed.snapshot or observed.runtime)
    steps = () if isinstance(resolved, Rejected) else tuple(step.name for step in resolved.steps)
    failure = find_failure(family)
    if failure is not None:
        return _fail(observed, family, steps, failure)
    if isinstance(resolved, Rejected):
        return _report(observed, family, steps, Obstacle(resolved.reason, resolved.message))
    if all(has_succeeded(observed, family, step) for step in steps):
        return _complete(observed, family, steps)
    return _proceed(observed, family, resolved)


def _proceed(observed: Observed, family: Family, resolved: ResolvedJob) -> Plan:
    """Create what is missing and may exist by now, and say what stands in the way."""
    creations: list[Create] = []
    conflict = None
    for creation in _missing(observed, family, resolved):
        conflict = family.strangers.get((creation.kind, creation.name))
        if conflict is not None:
            break  # what comes later depends on it
        creations.append(creation)
    inspect, look_again = inspections(observed, family)
    report = _report(
        observed, family, tuple(step.name for step in resolved.steps), find_obstacle(observed, family, conflict)
    )
    return Plan(
        actions=(*creations, *inspect),
        status=report.status,
        urgent=report.urgent,
        events=report.events,
        requeue_after=_soonest(look_again, _wait_for_predecessor(observed, conflict)),
    )


def _missing(observed: Observed, family: Family, resolved: ResolvedJob) -> Iterator[Create]:
    """Yield the children that are not there, in the order in which they depend on each other."""
    has_history = observed.job.status is not None and observed.job.status.start_time is not None
    if observed.snapshot is None:
        yield Create(build_snapshot(resolved), confirm=has_history)
    if (Kind.SERVICE, resolved.subdomain) not in family.children:
        yield Create(build_service(resolved), confirm=has_history)
    for claim in resolved.claims:
        if (Kind.CLAIM, claim.name) not in family.children:
            yield Create(build_claim(resolved, claim), confirm=has_history)
    for step in resolved.steps:
        is_due = step.name not in family.jobs and not has_succeeded(observed, family, step.name)
        if is_due and _is_unblocked(observed, family, step):
            yield Create(build_job(resolved, step), confirm=is_recorded(observed, step.name))


def _is_unblocked(observed: Observed, family: Family, step: Step) -> bool:
    """Tell whether everything that the step depends on is complete, or ready, as it asks."""
    for dependency in step.depends_on:
        if has_succeeded(observed, family, dependency.name):
            continue
        job = family.jobs.get(dependency.name)
        if job is None or dependency.status != "Ready" or not is_ready(job):
            return False
    return True


def _complete(observed: Observed, family: Family, steps: tuple[str, ...]) -> Plan:
    ended = max((job.outcome.at for job in family.jobs.values() if job.outcome is not None), default=observed.now)
    message = "TrainJob completed: all of its Jobs succeeded"
    return _conclude(
        observed,
        family,
        steps,
        [Condition(type=ConditionType.COMPLETE, status="True", reason=Reason.ALL_JOBS_COMPLETED, message=message)],
        completed=ended,
    )


def _fail(observed: Observed, family: Family, steps: tuple[str, ...], failure: Failure) -> Plan:
    """Stop what still runs; the TrainJob is Failed for good once nothing of it holds a node any more."""
    if failure.lacks_evidence(observed.now):
        return Plan(requeue_after=EVIDENCE_EXPECTED_WITHIN.total_seconds())
    message = failure.describe()
    conditions = [Condition(type=ConditionType.STALLED, status="True", reason=Reason.FAILED_JOBS, message=message)]
    is_over = not any(family.unfinished_jobs()) and not any(family.live_pods())
    if is_over:
        conditions.append(
            Condition(type=ConditionType.FAILED, status="True", reason=Reason.FAILED_JOBS, message=message)
        )
    plan = _conclude(observed, family, steps, conditions, completed=failure.outcome.at if is_over else None)
    return Plan(actions=release(family), status=plan.status, urgent=plan.urgent, events=plan.events)


def _report(observed: Observed, family: Family, steps: tuple[str, ...], obstacle: Obstacle | None) -> Plan:
    """Write the counts, and ``Stalled`` for as long as something stands in the way."""
    stalled = (
        []
        if obstacle is None
        else [Condition(type=ConditionType.STALLED, status="True", reason=obstacle.reason, message=obstacle.message)]
    )
    return _conclude(observed, family, steps, stalled, completed=None)


def _conclude(
    observed: Observed,
    family: Family,
    steps: tuple[str, ...],
    conditions: list[Condition],
    completed: datetime | None,
) -> Plan:
    """Put conditions and counts together, and compare them with the status that is there."""
    recorded = (observed.job.status.conditions if observed.job.status is not None else None) or ()
    wanted = recorded
    if not any(condition.type == ConditionType.STALLED for condition in conditions):
        wanted = remove_condition(wanted, ConditionType.STALLED)
    for condition in conditions:
        wanted = set_condition(wanted, condition, now=observed.now.replace(microsecond=0))
    status = summarize(observed, family, steps, wanted, completed)
    if status == observed.job.status:
        return Plan()
    changed = [condition for condition in wanted if condition not in recorded]
    return Plan(
        status=status,
        urgent=wanted != recorded,
        events=tuple(
            Event(
                "Normal" if condition.type == ConditionType.COMPLETE else "Warning", condition.reason, condition.message
            )
            for condition in changed
            if not (condition.type == ConditionType.STALLED and condition.reason == Reason.FAILED_JOBS)
        ),
    )


def _wait_for_predecessor(observed: Observed, conflict: Child | None) -> float | None:
    created = observed.job.metadata.creation_timestamp
    if conflict is None or created is None or not is_predecessors(conflict):
        return None
    left = PREDECESSOR_GONE_WITHIN - (observed.now - created)
    return max(left, timedelta(seconds=1)).total_seconds() if left > timedelta() else None


def _soonest(*delays: float | None) -> float | None:
    return min((delay for delay in delays if delay is not None), default=None)
