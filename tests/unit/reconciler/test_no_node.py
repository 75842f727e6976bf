"""A TrainJob of no node, which the API allows."""

from dataclasses import replace

from tests.world.life import INITIALIZERS, START, new_world, run, work

from trainjob_operator.api.trainjob import Trainer
from trainjob_operator.reconciler.children import Outcome


def test_that_nothing_was_trained_is_said_at_the_end() -> None:
    world = new_world()
    spec = world.job.spec.model_copy(update={"trainer": Trainer(num_nodes=0)})
    world.job = world.job.model_copy(update={"spec": spec})
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    done = Outcome(succeeded=True, at=START, reason="Completed", message="")
    world.jobs["demo-node-0"] = replace(world.jobs["demo-node-0"], outcome=done)

    plan = work(world)

    assert plan.status is not None
    [complete] = plan.status.conditions or ()
    assert complete.message == "TrainJob completed: all of its Jobs succeeded; nothing was trained, for numNodes is 0"
