"""What is decided at each point of a TrainJob's life."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.property.objects import RUNTIME, trainjob
from tests.property.world import World

from trainjob_operator.api.conditions import Condition, ConditionType, Reason
from trainjob_operator.api.patches import RuntimePatch
from trainjob_operator.api.runtime import RunPolicy
from trainjob_operator.api.status import FailureStatus, RecipeStatus
from trainjob_operator.api.trainjob import Trainer
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import (
    Child,
    Create,
    Delete,
    Exit,
    Expire,
    Inspect,
    Kind,
    Observed,
    Patch,
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
    assert conditions(world)[-1] == ("Complete", "True", "AllJobsCompleted")


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


def test_the_deadline_ends_what_runs_and_waits_for_the_pods(world: World) -> None:
    world.change(active_deadline_seconds=100)
    work(world)
    world.start_pods(INITIALIZERS[0])
    plan = work(world)
    assert plan.requeue_after == 5.0

    world.pass_time(50)
    assert reconcile(look(world)).requeue_after == 30.0 or reconcile(look(world)).requeue_after == 50.0

    world.pass_time(50)
    plan = work(world)
    assert {action.name for action in plan.actions if isinstance(action, Delete)} == set(INITIALIZERS)
    assert conditions(world) == [("Stalled", "True", "DeadlineExceeded")]

    work(world)
    assert conditions(world)[-1] == ("Failed", "True", "DeadlineExceeded")
    assert world.job.status is not None
    assert world.job.status.completion_time == START + timedelta(seconds=100)
    assert work(world) == Plan()


def test_a_trainjob_that_cannot_start_meets_its_deadline_too(world: World) -> None:
    world.change(active_deadline_seconds=100)
    world.pass_time(100)

    plan = reconcile(look(world, runtime=None))

    assert plan.status is not None
    assert [one.type for one in plan.status.conditions or ()] == [ConditionType.STALLED, ConditionType.FAILED]


def test_the_deadline_does_not_run_while_suspended(world: World) -> None:
    world.change(active_deadline_seconds=100, suspend=True)
    work(world)
    world.pass_time(1000)
    work(world)
    assert conditions(world) == [("Suspended", "True", "Suspended")]

    world.set_suspend(suspend=False)
    work(world)
    world.pass_time(99)
    work(world)
    assert conditions(world) == [("Suspended", "False", "Resumed")]

    world.pass_time(1)
    work(world)
    assert conditions(world)[-1] == ("Stalled", "True", "DeadlineExceeded")


def test_trainers_that_do_not_come_up_in_time(world: World) -> None:
    world.change(pre_running_deadline_seconds=60)
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    world.pass_time(60)

    work(world)

    assert conditions(world) == [("Stalled", "True", "PreRunningDeadlineExceeded")]


def test_trainers_that_run_are_given_all_the_time(world: World) -> None:
    world.change(pre_running_deadline_seconds=60)
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    world.start_pods("demo-node-0")
    world.pass_time(600)

    work(world)

    assert conditions(world) == []


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
