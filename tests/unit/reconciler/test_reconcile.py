"""What is decided at each point of a TrainJob's life."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.property.objects import RUNTIME, trainjob
from tests.property.world import World

from trainjob_operator.api.conditions import Condition, ConditionType, Reason
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import (
    Child,
    Create,
    Delete,
    Exit,
    Inspect,
    Kind,
    Observed,
    Plan,
    Refusal,
    Trouble,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
INITIALIZERS = ["demo-dataset-initializer-0", "demo-model-initializer-0"]


@pytest.fixture
def world() -> World:
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

    assert reconcile(look(world, runtime=None)) == Plan(requeue_after=10.0)


def test_children_that_were_there_before_are_created_only_after_a_question(world: World) -> None:
    work(world)
    world.start_pods(INITIALIZERS[0])
    work(world)
    for name in (INITIALIZERS[0], "demo"):
        world.delete_by_hand(name)

    confirmed = {action.name: action.confirm for action in reconcile(look(world)).actions if isinstance(action, Create)}

    assert confirmed == {"demo": True, INITIALIZERS[0]: True}


def child(kind: Kind, name: str, *, owner_kind: str | None, labelled: str | None = "demo") -> Child:
    owner_uid = None if owner_kind is None else "another"
    return Child(
        kind=kind,
        name=name,
        uid="x",
        owner_uid=owner_uid,
        owner_kind=owner_kind,
        labelled=labelled,
        deleting=False,
    )


def test_a_strangers_object_in_the_way_is_named(world: World) -> None:
    plan = reconcile(look(world, children=(child(Kind.SERVICE, "demo", owner_kind=None),)))

    assert created(plan) == ["demo-runtime-snapshot"]
    assert plan.status is not None
    [condition] = plan.status.conditions or ()
    assert condition.reason == Reason.CHILD_CONFLICT
    assert "Service demo exists already and has no owner: delete it" in condition.message


def test_a_predecessors_object_is_waited_for(world: World) -> None:
    plan = reconcile(look(world, children=(child(Kind.SERVICE, "demo", owner_kind="TrainJob"),)))

    assert created(plan) == ["demo-runtime-snapshot"]
    assert plan.status is None or plan.status.conditions is None
    assert plan.requeue_after == 60.0


def test_a_retained_claim_is_used_again(world: World) -> None:
    plan = reconcile(look(world, children=(child(Kind.CLAIM, "initializer-demo", owner_kind=None),)))

    assert "initializer-demo" not in created(plan)
    assert created(plan)[-2:] == INITIALIZERS


def stalled(plan: Plan) -> Condition:
    assert plan.status is not None
    [condition] = plan.status.conditions or ()
    assert condition.type == ConditionType.STALLED
    return condition


def test_a_refused_child_is_told_in_the_api_servers_words(world: World) -> None:
    refusal = Refusal("PersistentVolumeClaim", "initializer-demo", "Forbidden", "exceeded quota: storage.")

    condition = stalled(reconcile(look(world, refusals=(refusal,))))

    assert condition.reason == Reason.CHILD_REFUSED
    assert (
        "PersistentVolumeClaim initializer-demo cannot be created: exceeded quota: storage. It is" in condition.message
    )


def test_a_job_without_pods_is_looked_into_after_a_while(world: World) -> None:
    work(world)
    work(world)
    early = reconcile(look(world))
    assert early.actions == ()
    assert early.requeue_after == 10.0

    world.pass_time(11)
    late = reconcile(look(world))
    assert [action.job for action in late.actions if isinstance(action, Inspect)] == INITIALIZERS

    refusal = Refusal("Pod", INITIALIZERS[0], "FailedCreate", 'violates PodSecurity "restricted".')
    condition = stalled(reconcile(look(world, refusals=(refusal,))))
    assert condition.reason == Reason.PODS_REFUSED
    assert 'violates PodSecurity "restricted"' in condition.message


@pytest.mark.parametrize(
    ("trouble", "reason", "message"),
    [
        pytest.param(
            Trouble("ImagePullBackOff", 'Back-off pulling image "x": ErrImagePull: not found', "node", "x"),
            Reason.IMAGE_PULL_FAILED,
            "image x of container node in pod demo-dataset-initializer-0-0-abcde cannot be pulled: not found.",
            id="image",
        ),
        pytest.param(
            Trouble("CreateContainerConfigError", 'secret "token" not found', "node", "x"),
            Reason.POD_START_FAILED,
            'does not start (CreateContainerConfigError): secret "token" not found.',
            id="secret",
        ),
    ],
)
def test_a_pod_that_does_not_start(world: World, trouble: Trouble, reason: Reason, message: str) -> None:
    work(world)
    world.start_pods(INITIALIZERS[0])
    [pod] = world.pods.values()

    condition = stalled(reconcile(look(world, pods=(replace(pod, phase="Pending", trouble=trouble),))))

    assert condition.reason == reason
    assert message in condition.message
