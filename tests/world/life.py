"""A TrainJob in an in-memory world, worked on step by step."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.world.objects import RUNTIME, trainjob
from tests.world.world import World
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Create, Observed, Plan

START = datetime(2026, 1, 1, tzinfo=UTC)
INITIALIZERS = ["demo-dataset-initializer-0", "demo-model-initializer-0"]


def new_world() -> World:
    return World(job=trainjob("demo", created=START), runtime=RUNTIME, now=START)


def look(world: World, **changes: object) -> Observed:
    return replace(world.observe(world.view()), **changes)  # type: ignore[arg-type]  # fields by name


def work(world: World) -> Plan:
    plan = reconcile(look(world))
    world.execute(plan)
    return plan


def created(plan: Plan) -> list[str]:
    return [action.name for action in plan.actions if isinstance(action, Create)]


def run(world: World, *jobs: str, succeed: bool = True) -> None:
    for job in jobs:
        world.start_pods(job)
        world.end_pods(job, succeed=succeed)


def conditions(world: World) -> list[tuple[str, str, str]]:
    found = world.job.status.conditions if world.job.status is not None else None
    return [(one.type, one.status, one.reason) for one in found or ()]


def counts(plan: Plan) -> dict[str, tuple[int, int, int]]:
    jobs = plan.status.jobs_status if plan.status is not None else None
    return {job.name: (job.active, job.ready, job.succeeded) for job in jobs or ()}
