"""What stands in the way of a TrainJob, and how it is told."""

from dataclasses import replace

import pytest
from tests.world.life import INITIALIZERS, START, conditions, created, look, new_world, work
from tests.world.world import World

from trainjob_operator.api.conditions import Condition, ConditionType, Reason
from trainjob_operator.reconciler.children import Child, Kind, Trouble
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Inspect, Plan, Refusal


@pytest.fixture
def world() -> World:
    return new_world()


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
    assert "correct it and create this TrainJob anew" in condition.message


def test_a_job_without_pods_is_looked_into_after_a_while(world: World) -> None:
    work(world)
    work(world)
    for name in INITIALIZERS:
        world.take_up(name)
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
    assert "correct it and create this TrainJob anew" in condition.message


def test_a_missing_service_account_is_called_that(world: World) -> None:
    work(world)
    work(world)
    for name in INITIALIZERS:
        world.take_up(name)
    message = 'pods "p" is forbidden: error looking up service account a/me: serviceaccount "me" not found'

    condition = stalled(reconcile(look(world, refusals=(Refusal("Pod", INITIALIZERS[0], "FailedCreate", message),))))

    assert "Create the service account me, or have the runtime name one that is there: the Job" in condition.message
    assert "quota" not in condition.message


def test_a_job_that_a_busy_job_controller_has_not_taken_up_is_not_looked_into(world: World) -> None:
    work(world)
    work(world)
    world.pass_time(11)

    plan = reconcile(look(world))

    assert (plan.actions, plan.requeue_after) == ((), None)


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


def test_pods_that_find_no_node_for_long_are_told_of_once(world: World) -> None:
    work(world)
    for name in INITIALIZERS:
        world.strand_pods(name)
    words = "0/2 nodes are available: 2 Insufficient cpu. preemption: none."
    failed = Trouble("SchedulerError", "etcdserver: request timed out.", since=START)
    first, second = (replace(pod, trouble=Trouble("Unschedulable", words, since=START)) for pod in world.pods.values())
    world.pods = {pod.name: pod for pod in (first, second)}
    work(world)
    world.pass_time(500)
    assert reconcile(look(world)).requeue_after == 100.0

    world.pass_time(100)
    condition = stalled(work(world))
    assert condition.reason == Reason.UNSCHEDULABLE
    assert f"Job {first.job} find no node: 0/2 nodes are available: 2 Insufficient cpu. They" in condition.message
    world.pods = {pod.name: replace(pod, trouble=failed) for pod in (second, first)}
    assert work(world) == Plan()

    world.pods = {second.name: replace(second, trouble=failed)}
    assert f"Job {second.job} find no node: etcdserver: request timed out. They" in stalled(work(world)).message
    world.pods = {second.name: replace(second, phase="Running", node="node-0", trouble=None)}
    work(world)
    assert conditions(world) == []


def test_pods_that_are_kept_from_the_scheduler_are_not_told_of(world: World) -> None:
    work(world)
    world.strand_pods(INITIALIZERS[0])
    [pod] = world.pods.values()
    gated = Trouble("SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates", since=START)
    world.pods = {pod.name: replace(pod, trouble=gated)}
    work(world)
    world.pass_time(3600)

    assert work(world) == Plan()


def test_a_name_that_another_trainjob_has_is_told_of(world: World) -> None:
    other = child(Kind.SERVICE, "demo", owner_kind="TrainJob", labelled="another")

    condition = stalled(reconcile(look(world, children=(other,))))

    assert condition.reason == Reason.CHILD_CONFLICT
    assert "Service demo belongs to TrainJob another: the runtime's network.subdomain" in condition.message


def test_a_job_that_another_trainjob_has_is_not_blamed_on_the_runtime(world: World) -> None:
    other = child(Kind.JOB, INITIALIZERS[0], owner_kind="TrainJob", labelled="another")

    condition = stalled(reconcile(look(world, jobs=(), children=(other,))))

    assert condition.reason == Reason.CHILD_CONFLICT
    assert f"Job {INITIALIZERS[0]} belongs to TrainJob another: the two names come to the same" in condition.message
    assert "subdomain" not in condition.message
