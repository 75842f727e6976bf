"""What is created, and what is asked before."""

import json
from collections.abc import Callable

import pytest
from tests.world.life import INITIALIZERS, look, new_world, run, work
from tests.world.world import World

from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.reconciler.life.lifecycle import makes_pods_next
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Create


def test_what_vanishes_before_anything_was_recorded_is_confirmed() -> None:
    """The API server tells of children and of the TrainJob apart: when both are deleted, either may be heard first."""
    world = new_world()
    plan = reconcile(look(world))
    world.execute(plan, stop_after=len(plan.actions))
    for name in (*world.jobs, "demo"):
        world.delete_by_hand(name)

    creates = [action for action in reconcile(look(world)).actions if isinstance(action, Create)]

    assert world.job.status is None, "a plan that was not carried out to its end"
    assert [create.confirm for create in creates if create.name == "demo"] == [True]


def test_a_lost_snapshot_is_made_again_as_it_was_though_the_runtime_has_changed() -> None:
    world = new_world()
    work(world)
    run(world, *INITIALIZERS)
    changed = world.runtime.model_copy(update={"spec": world.runtime.spec.model_copy(update={"ml_policy": None})})

    plan = reconcile(look(world, runtime=changed, has_lost_snapshot=True))

    first = next(action for action in plan.actions if isinstance(action, Create))
    assert (first.kind, first.confirm) == ("ConfigMap", True)
    assert parse_runtime(json.loads(first.manifest["data"]["runtime"])) == world.runtime


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        pytest.param(lambda _: None, False, id="initializers run"),
        pytest.param(lambda world: run(world, *INITIALIZERS), True, id="the trainer is next"),
        pytest.param(lambda world: run(world, INITIALIZERS[0]), False, id="one initializer still runs"),
        pytest.param(lambda world: (world.set_suspend(suspend=True), work(world)), False, id="suspended"),
        pytest.param(
            lambda world: (world.set_suspend(suspend=True), work(world), world.set_suspend(suspend=False)),
            True,
            id="about to be resumed",
        ),
    ],
)
def test_when_pods_come_next(prepare: Callable[[World], object], *, expected: bool) -> None:
    world = new_world()
    work(world)
    work(world)

    prepare(world)

    assert makes_pods_next(world.job, tuple(world.jobs.values())) is expected
