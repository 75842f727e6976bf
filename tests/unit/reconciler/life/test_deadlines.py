"""What time demands of a TrainJob that has not ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.world.life import INITIALIZERS, START, conditions, created, look, new_world, run, work
from tests.world.objects import RUNTIME
from tests.world.world import World

from trainjob_operator.api.conditions import ConditionType
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Delete, Plan


@pytest.fixture
def world() -> World:
    return new_world()


def test_the_deadline_ends_what_runs_and_waits_for_the_pods(world: World) -> None:
    world.change(active_deadline_seconds=100)
    work(world)
    world.start_pods(INITIALIZERS[0])
    world.take_up(INITIALIZERS[1])
    plan = work(world)
    assert plan.requeue_after == 10.0  # to look for the other's pods

    world.start_pods(INITIALIZERS[1])
    work(world)
    world.pass_time(50)
    assert reconcile(look(world)).requeue_after == 50.0

    world.pass_time(50)
    plan = work(world)
    assert {action.name for action in plan.actions if isinstance(action, Delete)} == set(INITIALIZERS)
    assert conditions(world) == [("Stalled", "True", "DeadlineExceeded")]

    work(world)
    assert conditions(world)[-1] == ("Failed", "True", "DeadlineExceeded")
    assert world.job.status is not None
    assert world.job.status.completion_time == START + timedelta(seconds=100)
    assert work(world) == Plan()


def test_the_deadline_does_not_move_when_the_start_is_noted(world: World) -> None:
    world.change(active_deadline_seconds=100)
    world.pass_time(3)
    for _ in range(2):
        world.execute(replace(reconcile(look(world)), status=None))  # counts wait a while before they are written
    world.pass_time(99)
    assert reconcile(look(world)).requeue_after == 1.0

    world.pass_time(1)
    work(world)
    work(world)
    assert conditions(world)[-1] == ("Failed", "True", "DeadlineExceeded")
    assert world.created.count(INITIALIZERS[0]) == 1


def test_a_trainjob_that_cannot_start_meets_its_deadline_too(world: World) -> None:
    world.change(active_deadline_seconds=100)
    world.execute(reconcile(look(world, runtime=None)))
    world.pass_time(99)
    assert reconcile(look(world, runtime=None)).requeue_after == 1.0

    world.pass_time(1)
    plan = reconcile(look(world, runtime=None))

    assert plan.status is not None
    assert [one.type for one in plan.status.conditions or ()] == [ConditionType.STALLED, ConditionType.FAILED]


def test_what_waited_and_was_released_while_nobody_looked_has_all_of_its_time(world: World) -> None:
    world.change(active_deadline_seconds=100)
    world.pass_time(10_000)

    assert created(reconcile(look(world)))
    world.execute(reconcile(look(world, runtime=None)))
    world.pass_time(50)

    assert conditions(world) == [("Stalled", "True", "RuntimeNotFound")]
    assert reconcile(look(world, runtime=None)).requeue_after == 50.0


def test_the_deadline_does_not_run_while_suspended(world: World) -> None:
    world.change(active_deadline_seconds=100, suspend=True)
    work(world)
    world.pass_time(1000)
    work(world)
    assert conditions(world) == [("Suspended", "True", "Suspended")]

    world.set_suspend(suspend=False)
    work(world)
    world.pass_time(99)
    work(world)
    assert conditions(world) == [("Suspended", "False", "Resumed")]

    world.pass_time(1)
    work(world)
    assert conditions(world)[-1] == ("Stalled", "True", "DeadlineExceeded")


def create_trainer(world: World) -> None:
    """Come as far as the trainer's Job, whose pods have a minute to run."""
    world.change(pre_running_deadline_seconds=60)
    work(world)
    run(world, *INITIALIZERS)
    work(world)


def test_trainers_that_do_not_come_up_in_time(world: World) -> None:
    create_trainer(world)
    world.pass_time(60)

    work(world)

    assert conditions(world) == [("Stalled", "True", "PreRunningDeadlineExceeded")]


def test_trainers_that_come_up_while_they_are_stopped_are_too_late(world: World) -> None:
    create_trainer(world)
    world.pass_time(60)
    late = replace(world.jobs["demo-node-0"], active=1, ready=1, deleting=True)
    work(world)
    world.jobs["demo-node-0"] = late

    work(world)
    assert conditions(world) == [("Stalled", "True", "PreRunningDeadlineExceeded")]
    del world.jobs["demo-node-0"]
    work(world)

    assert conditions(world)[-1] == ("Failed", "True", "PreRunningDeadlineExceeded")
    assert world.created.count("demo-node-0") == 1
    assert world.job.status is not None
    assert world.job.status.trainer_start_time is None


def test_trainers_that_nobody_saw_run_and_are_done_were_in_time(world: World) -> None:
    body = RUNTIME.model_dump(mode="json", by_alias=True, exclude_unset=True)
    steps = body["spec"]["template"]["spec"]["replicatedJobs"]
    steps.append({**steps[0], "name": "last", "dependsOn": [{"name": "node", "status": "Complete"}]})
    steps[-1]["template"] = {"spec": steps[0]["template"]["spec"]}
    world.runtime = Runtime.model_validate(body)
    create_trainer(world)
    run(world, "demo-node-0")
    work(world)
    world.delete_by_hand("demo-node-0")
    world.pass_time(60)

    work(world)

    assert conditions(world) == []


def test_trainers_that_run_are_given_all_the_time(world: World) -> None:
    create_trainer(world)
    world.start_pods("demo-node-0")
    world.pass_time(600)

    work(world)

    assert conditions(world) == []


def test_trainers_that_ran_once_may_be_interrupted(world: World) -> None:
    create_trainer(world)
    world.start_pods("demo-node-0")
    assert work(world).urgent  # by the next look they may be gone
    world.jobs["demo-node-0"] = replace(world.jobs["demo-node-0"], ready=0)
    world.pass_time(3600)

    work(world)

    assert conditions(world) == []


def test_after_a_resumption_trainers_have_to_come_up_in_time_again(world: World) -> None:
    create_trainer(world)
    world.start_pods("demo-node-0")
    work(world)
    world.set_suspend(suspend=True)
    work(world)
    work(world)
    world.set_suspend(suspend=False)
    work(world)
    world.pass_time(60)

    work(world)

    assert conditions(world)[-1] == ("Stalled", "True", "PreRunningDeadlineExceeded")


@pytest.mark.parametrize("field", ["active_deadline_seconds", "pre_running_deadline_seconds"])
def test_a_deadline_beyond_all_time_is_none(world: World, field: str) -> None:
    world.change(**{field: 2**63 - 1})

    assert created(work(world))
