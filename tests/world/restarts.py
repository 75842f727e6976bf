"""A TrainJob whose trainers start anew, worked on step by step."""

from dataclasses import replace
from typing import Any

from tests.world.life import INITIALIZERS, START, created, run, work
from tests.world.objects import restarting, trainjob
from tests.world.world import World
from trainjob_operator.reconciler.state import Delete, Plan

NODE = "demo-node-0"
UNCOUNTED = {
    "action": "RestartTrainJobAndIgnoreMaxRestarts",
    "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
}


def on_code(action: str, code: int, operator: str = "In") -> dict[str, Any]:
    return {"action": action, "onExitCodes": {"operator": operator, "values": [code]}}


def training(max_restarts: int = 1, *rules: dict[str, Any]) -> World:
    """Give a TrainJob whose trainer runs."""
    world = World(job=trainjob("demo", created=START), runtime=restarting(max_restarts, *rules), now=START)
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    world.start_pods(NODE)
    work(world)
    return world


def crash(world: World, exit_code: int = 1, container: str = "c", job: str = NODE) -> None:
    """Let a Job's pods fail, all by the same container."""
    world.end_pods(job, succeed=False, exit_code=exit_code)
    for name, pod in world.pods.items():
        if pod.job == job and pod.exit is not None:
            world.pods[name] = replace(pod, exit=replace(pod.exit, container=container))


def counts_of(world: World) -> tuple[int | None, int | None]:
    status = world.job.status
    assert status is not None
    return status.restarts, status.restarts_count_towards_max


def deleted(plan: Plan) -> list[str]:
    return [action.name for action in plan.actions if isinstance(action, Delete)]


def start_anew(world: World) -> None:
    """Let the operator count a restart, delete the Job and make it anew, and let its pods start."""
    assert work(world).actions == ()
    assert deleted(work(world)) == [NODE]
    assert created(work(world)) == [NODE]
    world.start_pods(NODE)
    work(world)
