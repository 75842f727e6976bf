"""Suspend and resume."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.world.life import INITIALIZERS, START, conditions, created, look, new_world, run, work
from tests.world.world import World

from trainjob_operator.api.patches import RuntimePatch
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Patch, Plan


@pytest.fixture
def world() -> World:
    return new_world()


def suspensions(plan: Plan) -> dict[str, bool]:
    return {
        action.job: operation["value"]
        for action in plan.actions
        if isinstance(action, Patch)
        for operation in action.operations
        if operation["path"] == "/spec/suspend"
    }


def test_a_trainjob_made_suspended_has_suspended_initializers_and_no_clock(world: World) -> None:
    world.set_suspend(suspend=True)

    work(world)
    plan = work(world)

    assert [name for name, job in world.jobs.items() if job.suspended] == INITIALIZERS
    assert conditions(world) == [("Suspended", "True", "Suspended")]
    assert plan.status is not None
    assert plan.urgent, "whoever suspends looks whether that was done"
    assert plan.status.start_time is None
    assert {job.name: job.suspended for job in plan.status.jobs_status or ()} == {
        "dataset-initializer": 1,
        "model-initializer": 1,
        "node": 0,
    }
    world.pass_time(7200)
    assert work(world) == Plan()


def test_resume_starts_the_clock_anew_and_keeps_what_is_done(world: World) -> None:
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    world.start_pods("demo-node-0")
    work(world)
    world.set_suspend(suspend=True)

    assert suspensions(work(world)) == {"demo-node-0": True}
    assert conditions(world) == [("Suspended", "True", "Suspended")]

    world.pass_time(600)
    world.set_suspend(suspend=False)
    plan = work(world)

    assert suspensions(plan) == {"demo-node-0": False}
    assert created(plan) == []
    assert conditions(world) == [("Suspended", "False", "Resumed")]
    assert world.job.status is not None
    assert world.job.status.start_time == START + timedelta(seconds=600)

    world.start_pods("demo-node-0")
    work(world)
    assert conditions(world) == []
    assert world.job.status.start_time == START + timedelta(seconds=600)


def test_suspending_and_resuming_ten_times_leaves_one_set_of_children(world: World) -> None:
    for _ in range(10):
        work(world)
        world.set_suspend(suspend=True)
        work(world)
        world.set_suspend(suspend=False)
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    run(world, "demo-node-0")
    work(world)

    assert len(world.created) == len(set(world.created)) == 6
    assert conditions(world) == [("Complete", "True", "AllJobsCompleted")]


@pytest.mark.parametrize(
    ("succeed", "expected"),
    [
        (True, [("Complete", "True", "AllJobsCompleted")]),
        (False, [("Stalled", "True", "FailedJobs"), ("Failed", "True", "FailedJobs")]),
    ],
    ids=["complete", "failed"],
)
@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "unseen"])
def test_with_the_end_the_resumption_is_forgotten_though_nobody_saw_the_trainers_run(
    world: World, is_seen: bool, succeed: bool, expected: list[tuple[str, str, str]]
) -> None:
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    world.start_pods("demo-node-0")
    work(world)
    world.set_suspend(suspend=True)
    work(world)
    world.set_suspend(suspend=False)
    plan = reconcile(look(world))
    world.execute(plan if is_seen else replace(plan, status=None))  # the operator may die before it tells
    run(world, "demo-node-0", succeed=succeed)
    world.pass_time(10)
    work(world)

    assert conditions(world) == expected
    assert world.job.status is not None
    assert world.job.status.start_time is not None


def node_selector_patch(value: str) -> RuntimePatch:
    pods = {"nodeSelector": {"pool": value}, "tolerations": [{"operator": "Exists"}]}
    jobs = [{"name": "node", "template": {"spec": {"template": {"spec": pods}}}}]
    return RuntimePatch.model_validate(
        {"manager": "kueue.x-k8s.io/manager", "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": jobs}}}}
    )


def test_a_suspended_job_is_moved_where_patches_send_it_by_then(world: World) -> None:
    work(world)
    world.set_suspend(suspend=True)
    work(world)
    world.change(suspend=False, runtime_patches=(node_selector_patch("spot"),))

    plan = reconcile(look(world))

    [patch, _] = [action for action in plan.actions if isinstance(action, Patch)]
    assert patch.or_replace
    assert {"op": "add", "path": "/spec/template/spec/nodeSelector", "value": {"pool": "spot"}} in patch.operations
    assert patch.operations[0] == {"op": "test", "path": "/metadata/uid", "value": patch.uid}
    world.execute(plan)
    assert suspensions(reconcile(look(world))) == {}


def test_a_trainjob_that_cannot_be_resolved_any_more_lets_go_of_its_pods(world: World) -> None:
    work(world)
    world.start_pods(INITIALIZERS[0])
    work(world)
    world.set_suspend(suspend=True)

    plan = reconcile(look(world, snapshot=None, runtime=None))

    assert suspensions(plan) == dict.fromkeys(INITIALIZERS, True)
