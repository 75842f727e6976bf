"""What becomes of a TrainJob that has ended."""

import pytest
from tests.world.life import INITIALIZERS, look, new_world, run, work
from tests.world.objects import RUNTIME
from tests.world.world import World

from trainjob_operator.api.runtime import RunPolicy
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Delete, Expire, Plan


@pytest.fixture
def world() -> World:
    return new_world()


def finished(world: World) -> None:
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    run(world, "demo-node-0")
    work(world)


def test_time_to_live_removes_the_trainjob(world: World) -> None:
    world.change(ttl_seconds_after_finished=60)
    finished(world)

    assert work(world) == Plan(requeue_after=60.0)

    world.pass_time(60)
    assert work(world).actions == (Expire(),)
    assert world.is_deleted


def test_time_to_live_counts_from_when_the_end_was_told(world: World) -> None:
    world.change(ttl_seconds_after_finished=60)
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    run(world, "demo-node-0")
    world.pass_time(3600)  # no operator is there
    work(world)

    assert work(world) == Plan(requeue_after=60.0)


@pytest.mark.parametrize(
    ("own", "expected"),
    [pytest.param(None, 60.0, id="the runtime's"), pytest.param(0, None, id="its own, though it is 0")],
)
def test_time_to_live_of_the_runtime_is_for_those_that_have_none(
    world: World, own: int | None, expected: float | None
) -> None:
    policy = RunPolicy(ttl_seconds_after_finished=60)
    world.runtime = RUNTIME.model_copy(update={"spec": RUNTIME.spec.model_copy(update={"run_policy": policy})})
    world.change(ttl_seconds_after_finished=own)
    finished(world)

    plan = reconcile(look(world))

    assert plan.requeue_after == expected
    assert (plan.actions == (Expire(),)) is (own == 0)


def test_the_runtimes_jobset_time_to_live_removes_the_children_alone(world: World) -> None:
    jobset = RUNTIME.spec.template.spec.model_copy(update={"ttl_seconds_after_finished": 30})
    template = RUNTIME.spec.template.model_copy(update={"spec": jobset})
    world.runtime = RUNTIME.model_copy(update={"spec": RUNTIME.spec.model_copy(update={"template": template})})
    finished(world)
    world.pass_time(30)

    removed = {action.name for action in reconcile(look(world)).actions if isinstance(action, Delete)}

    assert removed == {*INITIALIZERS, "demo-node-0", "demo", "initializer-demo"}


def test_a_trainjob_that_another_operator_finished_has_a_time_to_live_too(world: World) -> None:
    finished(world)
    assert world.job.status is not None
    without = world.job.status.model_copy(update={"completion_time": None})
    world.job = world.job.model_copy(update={"status": without})
    world.change(ttl_seconds_after_finished=0)

    assert Expire() in work(world).actions


def test_a_change_after_the_end_is_seen(world: World) -> None:
    finished(world)
    world.change(ttl_seconds_after_finished=600)

    work(world)

    assert world.job.status is not None
    assert world.job.status.observed_generation == world.job.metadata.generation
    assert work(world).status is None
