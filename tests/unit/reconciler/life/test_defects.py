"""What nobody can decide, or read, does not take the rest along: suspension, deadlines, the end, the time to live."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.world.life import INITIALIZERS, START, conditions, created, look, new_world, run, work
from tests.world.objects import RUNTIME
from tests.world.world import World

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.reconciler.reconcile import own_up, reconcile
from trainjob_operator.reconciler.resolved import Rejected
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.reconciler.state import Delete, Expire, Observed, Patch, Plan

UNUSABLE = "ConfigMap demo-runtime-snapshot cannot be used"


def with_defect(observed: Observed) -> Plan:
    return own_up(observed, TypeError("string indices must be integers, not 'str': a secret"))


def with_unusable_snapshot(observed: Observed) -> Plan:
    return reconcile(replace(observed, snapshot=None, unusable_snapshot=UNUSABLE))


def with_later_rule(observed: Observed) -> Plan:
    return reconcile(
        observed, lambda *_: Rejected((Violation(Reason.UNSUPPORTED_FIELD, "", "a rule of a later version"),))
    )


DECIDE = {"defect": with_defect, "unusable": with_unusable_snapshot, "later rule": with_later_rule}
REASONS = {"defect": "InternalError", "unusable": "RuntimeInvalid", "later rule": "UnsupportedField"}
every_way = pytest.mark.parametrize("way", DECIDE)


@pytest.fixture
def world() -> World:
    """Give a TrainJob whose initializers run."""
    world = new_world()
    work(world)
    for job in INITIALIZERS:
        world.start_pods(job)
    work(world)
    return world


def again(world: World, way: str) -> Plan:
    plan = DECIDE[way](look(world))
    world.execute(plan)
    return plan


@every_way
def test_it_is_told_once_and_nothing_is_stopped(world: World, way: str) -> None:
    plan = again(world, way)

    assert conditions(world) == [("Stalled", "True", REASONS[way])]
    assert plan.actions == ()
    assert "secret" not in str(plan.status)
    assert again(world, way) == Plan()
    assert set(world.jobs) == set(INITIALIZERS)


@every_way
def test_it_goes_when_it_is_repaired(world: World, way: str) -> None:
    again(world, way)
    work(world)

    assert conditions(world) == []


@every_way
def test_suspending_stops_the_jobs(world: World, way: str) -> None:
    world.set_suspend(suspend=True)

    plan = again(world, way)

    assert {action.job for action in plan.actions if isinstance(action, Patch)} == set(INITIALIZERS)
    assert ("Suspended", "True", "Suspended") in conditions(world)


@every_way
def test_the_deadline_holds(world: World, way: str) -> None:
    world.change(active_deadline_seconds=100)
    world.pass_time(100)

    plan = again(world, way)

    assert {action.name for action in plan.actions if isinstance(action, Delete)} == set(INITIALIZERS)
    again(world, way)
    assert conditions(world)[-1] == ("Failed", "True", "DeadlineExceeded")


@every_way
def test_a_job_that_fails_is_the_end(world: World, way: str) -> None:
    world.end_pods(INITIALIZERS[0], succeed=False)
    world.pass_time(10)

    for _ in range(3):
        again(world, way)

    assert conditions(world)[-1] == ("Failed", "True", "FailedJobs")


@every_way
def test_jobs_that_all_succeeded_are_the_end(world: World, way: str) -> None:
    run(world, *INITIALIZERS)
    work(world)
    run(world, "demo-node-0")

    again(world, way)

    assert conditions(world)[-1] == ("Complete", "True", "AllJobsCompleted")
    assert again(world, way) == Plan()


@every_way
def test_jobs_that_succeeded_are_no_end_while_others_are_to_come(world: World, way: str) -> None:
    run(world, *INITIALIZERS)

    again(world, way)

    assert conditions(world) == [("Stalled", "True", REASONS[way])]


@every_way
def test_what_ended_is_removed_in_time(world: World, way: str) -> None:
    world.change(ttl_seconds_after_finished=60)
    run(world, *INITIALIZERS)
    work(world)
    run(world, "demo-node-0")
    work(world)
    world.pass_time(61)

    assert again(world, way).actions == (Expire(),)


def test_if_nothing_at_all_can_be_decided_the_condition_is_what_is_left(world: World) -> None:
    observed = replace(look(world), jobs=(None,))  # type: ignore[arg-type]  # a defect

    plan = own_up(observed, ZeroDivisionError())

    assert plan.status is not None
    assert [one.reason for one in plan.status.conditions or ()] == ["InternalError"]


def unsupported(spec: dict[str, object]) -> Runtime:
    body = RUNTIME.model_dump(mode="json", by_alias=True, exclude_unset=True)
    body["spec"]["template"]["spec"] |= spec
    return Runtime.model_validate(body)


REFUSED: dict[str, dict[str, object]] = {
    "suspend": {"suspend": True},
    "coordinator": {"coordinator": {"replicatedJob": "node"}},
    "startup policy": {"startupPolicy": {"startupPolicyOrder": "InOrder"}},
}


@pytest.mark.parametrize("spec", REFUSED.values(), ids=REFUSED)
def test_a_rule_that_came_later_does_not_stop_what_runs(spec: dict[str, object]) -> None:
    refused = unsupported(spec)
    world = new_world()
    world.execute(reconcile(look(world, runtime=refused)))
    assert conditions(world) == [("Stalled", "True", "UnsupportedField")]

    world = new_world()
    for _ in range(2):  # the second tells of the Jobs that the first made
        work(world)
    run(world, *INITIALIZERS)
    world.snapshot = refused
    world.execute(plan := reconcile(look(world)))

    assert created(plan) == ["demo-node-0"]
    assert conditions(world) == []


@pytest.mark.parametrize("behind", [-600, -3, 3, 600])
def test_a_failure_is_not_waited_for_by_a_clock_that_is_wrong(world: World, behind: int) -> None:
    world.end_pods(INITIALIZERS[0], succeed=False)
    pods = {job: [replace(pod, exit=None) for pod in world.view().pods if pod.job == job] for job in INITIALIZERS}
    observed = replace(
        look(world), now=START + timedelta(seconds=behind), pods=tuple(pod for one in pods.values() for pod in one)
    )

    plan = reconcile(observed)

    assert plan.status is not None
    assert [one.reason for one in plan.status.conditions or ()] == ["FailedJobs"]
