"""A training whose loss was no number has a reason of its own, also when only the status still knows of it."""

from dataclasses import replace

from tests.world.life import INITIALIZERS, conditions, new_world, run, work
from tests.world.world import World

NODE = "demo-node-0"
SAID = "The loss was nan for 10 steps, since step 3. The weights are of no use since then."


def spoilt() -> World:
    """Return a world in which the trainer has ended by its own word, and a pod of the Job is still there."""
    world = new_world()
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    run(world, NODE, succeed=False)
    [pod] = [pod for pod in world.pods.values() if pod.job == NODE]
    assert pod.exit is not None
    world.pods[pod.name] = replace(pod, exit=replace(pod.exit, exit_code=24, message=SAID))
    world.pods["late"] = replace(pod, name="late", uid="late", phase="Running", exit=None)
    work(world)
    return world


def test_it_is_told_at_once_and_stays() -> None:
    world = spoilt()
    assert conditions(world) == [("Stalled", "True", "NaNLoss")]

    del world.pods["late"]
    work(world)

    assert conditions(world)[-1] == ("Failed", "True", "NaNLoss")
    assert world.job.status is not None
    assert SAID in (world.job.status.conditions or ())[-1].message


def test_it_is_told_when_its_job_is_gone() -> None:
    world = spoilt()
    del world.pods["late"]
    world.delete_by_hand(NODE)
    work(world)

    assert conditions(world)[-1] == ("Failed", "True", "NaNLoss")
