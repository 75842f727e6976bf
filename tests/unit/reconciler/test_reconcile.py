"""What is decided at each point of a TrainJob's life."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.world.life import INITIALIZERS, START, conditions, counts, created, look, new_world, run, work
from tests.world.world import World

from trainjob_operator.api.conditions import ConditionType, Reason
from trainjob_operator.api.status import FailureStatus, RecipeStatus
from trainjob_operator.api.trainjob import Trainer
from trainjob_operator.reconciler.children import Exit
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Create, Delete, Plan


@pytest.fixture
def world() -> World:
    return new_world()


def test_everything_but_the_trainer_is_created_at_once(world: World) -> None:
    assert created(work(world)) == ["demo-runtime-snapshot", "demo", "initializer-demo", *INITIALIZERS]


def test_the_trainer_waits_for_both_initializers(world: World) -> None:
    work(world)
    run(world, INITIALIZERS[0])
    assert created(work(world)) == []

    run(world, INITIALIZERS[1])
    assert created(work(world)) == ["demo-node-0"]


def test_a_trainjob_that_runs_has_counts_and_no_condition(world: World) -> None:
    work(world)
    world.start_pods(INITIALIZERS[0])

    plan = work(world)

    assert counts(plan) == {"dataset-initializer": (1, 1, 0), "model-initializer": (0, 0, 0), "node": (0, 0, 0)}
    assert plan.status is not None
    assert plan.status.conditions is None
    assert plan.status.observed_generation == 1
    assert plan.status.start_time == START
    assert not plan.urgent


def test_the_start_and_that_all_is_up_are_what_somebody_waits_for(world: World) -> None:
    work(world)
    plans = [work(world)]
    world.start_pods(INITIALIZERS[0])
    plans.append(work(world))
    run(world, *INITIALIZERS)
    plans.append(work(world))
    work(world)
    world.start_pods("demo-node-0")
    plans.append(work(world))

    assert [plan.minor for plan in plans] == [False, True, True, False]


def test_the_last_pod_of_a_trainjob_that_waits_is_told_of_at_once(world: World) -> None:
    work(world)
    world.start_pods(INITIALIZERS[0])
    work(world)
    world.set_suspend(suspend=True)
    reconcile_before_the_pods_end = reconcile(look(world))
    world.execute(replace(reconcile_before_the_pods_end, actions=()))
    assert counts(reconcile_before_the_pods_end)["dataset-initializer"][0] == 1
    world.execute(reconcile(look(world)))

    plan = reconcile(look(world))

    assert plan.urgent
    assert counts(plan)["dataset-initializer"] == (0, 0, 0)


def test_success_is_told_once_and_stays(world: World) -> None:
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    world.pass_time(60)
    run(world, "demo-node-0")

    plan = work(world)

    assert conditions(world) == [("Complete", "True", "AllJobsCompleted")]
    assert [(event.type, event.reason) for event in plan.events] == [("Normal", "AllJobsCompleted")]
    assert plan.status is not None
    assert plan.status.completion_time == START + timedelta(seconds=60)
    assert work(world) == Plan()


def test_nothing_is_created_after_the_end_whatever_is_deleted(world: World) -> None:
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    run(world, "demo-node-0")
    work(world)
    for name in (*INITIALIZERS, "demo-node-0", "demo", "initializer-demo"):
        world.delete_by_hand(name)

    assert reconcile(look(world)) == Plan()


def test_a_failure_names_the_container_and_stops_the_others(world: World) -> None:
    work(world)
    world.start_pods(INITIALIZERS[1])
    run(world, INITIALIZERS[0], succeed=False)

    plan = work(world)

    assert [action.name for action in plan.actions if isinstance(action, Delete)] == [INITIALIZERS[1]]
    assert conditions(world) == [("Stalled", "True", "FailedJobs")]

    plan = work(world)

    assert conditions(world) == [("Stalled", "True", "FailedJobs"), ("Failed", "True", "FailedJobs")]
    [event] = plan.events
    assert event.message == (
        "Job demo-dataset-initializer-0 failed: container c of pod demo-dataset-initializer-0-0-abcde on node node-0"
        " ended with exit code 1: it broke"
    )
    assert work(world) == Plan()


def test_a_failure_waits_a_moment_for_its_evidence(world: World) -> None:
    work(world)
    run(world, INITIALIZERS[0], succeed=False)
    blind = look(world, pods=())

    assert reconcile(blind) == Plan(requeue_after=2.0)

    later = reconcile(replace(blind, now=blind.now + timedelta(seconds=3)))
    assert later.status is not None
    assert later.status.conditions is not None
    assert later.status.conditions[0].message == f"Job {INITIALIZERS[0]} failed (BackoffLimitExceeded): "


def test_memory_that_ran_out_is_named(world: World) -> None:
    work(world)
    run(world, INITIALIZERS[0], succeed=False)
    [name] = [name for name, pod in world.pods.items() if pod.job == INITIALIZERS[0]]
    killed = Exit(container="c", exit_code=137, reason="OOMKilled", message="", at=world.now)
    world.pods[name] = replace(world.pods[name], exit=killed)

    work(world)

    assert world.job.status is not None
    assert "exit code 137 (OOMKilled): it left no message; see its log" in str(world.job.status.conditions)


@pytest.mark.parametrize("managed_by", ["kueue.x-k8s.io/multikueue"])
def test_what_others_manage_is_left_alone(world: World, managed_by: str) -> None:
    job = world.job.model_copy(update={"spec": world.job.spec.model_copy(update={"managed_by": managed_by})})

    assert reconcile(look(world, job=job)) == Plan()


def test_a_trainjob_that_is_being_deleted_is_left_alone(world: World) -> None:
    metadata = world.job.metadata.model_copy(update={"deletion_timestamp": START})

    assert reconcile(look(world, job=world.job.model_copy(update={"metadata": metadata}))) == Plan()


def test_a_missing_runtime_stalls_until_it_is_there(world: World) -> None:
    plan = reconcile(look(world, runtime=None))

    assert plan.actions == ()
    assert plan.status is not None
    [condition] = plan.status.conditions or ()
    assert (condition.type, condition.reason) == (ConditionType.STALLED, Reason.RUNTIME_NOT_FOUND)
    assert [event.type for event in plan.events] == ["Warning"]

    world.job = world.job.model_copy(update={"status": plan.status})
    work(world)
    assert conditions(world) == []


def test_a_deleted_runtime_does_not_touch_a_trainjob_that_has_begun(world: World) -> None:
    work(world)
    work(world)

    assert reconcile(look(world, runtime=None)) == Plan()


def test_children_that_were_there_before_are_created_only_after_a_question(world: World) -> None:
    work(world)
    world.start_pods(INITIALIZERS[0])
    work(world)
    for name in (INITIALIZERS[0], "demo"):
        world.delete_by_hand(name)

    confirmed = {action.name: action.confirm for action in reconcile(look(world)).actions if isinstance(action, Create)}

    assert confirmed == {"demo": True, INITIALIZERS[0]: True}


@pytest.mark.parametrize("gone", ["demo", INITIALIZERS[0]], ids=["the Service", "a Job"])
def test_children_that_were_there_are_created_only_after_a_question_also_before_the_status_tells_of_them(
    world: World, gone: str
) -> None:
    """A TrainJob that is deleted at once loses its children one by one, perhaps before its own end is heard of."""
    world.execute(replace(reconcile(look(world)), status=None))
    world.delete_by_hand(gone)

    confirmed = {action.name: action.confirm for action in reconcile(look(world)).actions if isinstance(action, Create)}

    assert confirmed == {gone: True}


def test_the_recipe_is_told_with_the_first_status(world: World) -> None:
    command = ["tune", "run", "lora_finetune_distributed", "--config", "llama3_2/1B_lora"]
    world.job = world.job.model_copy(
        update={"spec": world.job.spec.model_copy(update={"trainer": Trainer(command=tuple(command), num_nodes=2)})}
    )
    work(world)
    work(world)

    assert world.job.status is not None
    assert world.job.status.recipe == RecipeStatus(
        model="llama3_2/1B",
        method="LoRA",
        recipe="lora_finetune_distributed",
        config="llama3_2/1B_lora",
        num_nodes=2,
        num_proc_per_node="1",
    )


def test_the_evidence_of_the_first_failure_stays(world: World) -> None:
    work(world)
    run(world, INITIALIZERS[0], succeed=False)
    work(world)
    world.pods.clear()
    work(world)

    assert world.job.status is not None
    assert world.job.status.failure == FailureStatus(
        job=INITIALIZERS[0],
        pod=f"{INITIALIZERS[0]}-0-abcde",
        node="node-0",
        container="c",
        exit_code=1,
        reason="Error",
        log_tail="it broke",
    )
