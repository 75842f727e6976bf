"""Pods that the kubelet evicts: their Job makes others, and that is no way to go on for ever."""

from dataclasses import replace
from datetime import timedelta

from tests.world.life import INITIALIZERS, conditions, new_world, run, work
from tests.world.world import World

from trainjob_operator.reconciler.children import Eviction

NODE = "demo-node-0"
WORDS = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 2Mi."


def training() -> World:
    world = new_world()
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    world.start_pods(NODE)
    work(world)
    return world


def evict(world: World, times: int) -> None:
    [running] = [pod for pod in world.pods.values() if pod.job == NODE and pod.phase == "Running"]
    for number in range(times):
        name = f"{NODE}-0-gone{number}"
        eviction = Eviction(WORDS, world.now.replace(microsecond=0) + timedelta(seconds=number))
        world.pods[name] = replace(running, name=name, uid=name, phase="Failed", eviction=eviction)


def test_two_evictions_are_endured() -> None:
    world = training()

    evict(world, 2)
    work(world)

    assert "Failed" not in [kind for kind, _, _ in conditions(world)]


def test_after_three_the_trainjob_fails_in_the_kubelets_words() -> None:
    world = training()

    evict(world, 3)
    work(world)
    work(world)

    assert conditions(world)[-1] == ("Failed", "True", "FailedJobs")
    assert world.job.status is not None
    message = (world.job.status.conditions or ())[-1].message
    begin = f"Job {NODE} failed: 3 pods of it were evicted by node node-0, the last one {NODE}-0-gone2: "
    assert message.startswith(begin + WORDS)
    assert "resourcesPerNode" in message
    failure = world.job.status.failure
    assert failure is not None
    assert (failure.pod, failure.reason, failure.log_tail) == (f"{NODE}-0-gone2", "Evicted", WORDS)
    assert NODE not in world.jobs, "its pods hold no node any more"
