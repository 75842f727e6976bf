"""All trainers start anew after a failure, as often as the runtime lets them."""

from dataclasses import replace
from typing import Any

import pytest
from tests.world.life import INITIALIZERS, START, conditions, created, look, run, work
from tests.world.objects import RUNTIME, restarting, trainjob
from tests.world.world import World

from trainjob_operator.reconciler.children import Eviction, Exit, Outcome
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Create, Delete, Event, Plan

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


def test_a_crash_is_counted_first_then_the_trainer_is_deleted_and_made_anew() -> None:
    world = training()
    crash(world)

    plan = work(world)
    assert plan.actions == ()
    assert plan.urgent
    message = (
        "all trainers restart (1 of 1): Job demo-node-0 failed: container c of pod demo-node-0-0-abcde on node node-0"
        " ended with exit code 1: it broke"
    )
    assert plan.events == (Event("Warning", "TrainJobRestarted", message),)
    assert conditions(world) == []
    assert counts_of(world) == (1, 1)

    assert deleted(work(world)) == [NODE]

    plan = work(world)
    [create] = [action for action in plan.actions if isinstance(action, Create)]
    assert (create.name, create.confirm) == (NODE, True)
    assert create.manifest["metadata"]["labels"]["jobset.sigs.k8s.io/restart-attempt"] == "1"
    assert counts_of(world) == (1, 1)
    assert work(world).actions == ()


def test_it_may_complete_after_that() -> None:
    world = training()
    crash(world)
    start_anew(world)
    world.end_pods(NODE, succeed=True)

    work(world)

    assert conditions(world) == [("Complete", "True", "AllJobsCompleted")]
    assert counts_of(world) == (1, 1)
    assert work(world) == Plan()
    assert sorted(world.created).count(INITIALIZERS[0]) == 1


def test_the_last_failure_is_told_when_no_restart_is_left() -> None:
    world = training()
    crash(world, 5)
    start_anew(world)
    world.pass_time(60)
    crash(world, 6)

    work(world)

    assert conditions(world) == [
        ("Stalled", "True", "ReachedMaxRestarts"),
        ("Failed", "True", "ReachedMaxRestarts"),
    ]
    status = world.job.status
    assert status is not None
    assert status.conditions is not None
    assert status.conditions[-1].message == (
        "the trainers were restarted as often as the runtime allows (maxRestarts: 1); the last failure: Job demo-node-0"
        " failed: container c of pod demo-node-0-0-abcde on node node-0 ended with exit code 6: it broke"
    )
    assert status.failure is not None
    assert status.failure.exit_code == 5, "the first"
    assert status.last_failure is not None
    assert (status.last_failure.exit_code, status.last_failure.action) == (6, "FailTrainJob")
    assert counts_of(world) == (1, 1)
    assert status.start_time == START
    assert work(world) == Plan()


def test_without_a_policy_the_first_failure_is_the_end() -> None:
    world = training()
    world.runtime = world.snapshot = RUNTIME
    crash(world)

    work(world)

    assert conditions(world) == [("Stalled", "True", "FailedJobs"), ("Failed", "True", "FailedJobs")]
    assert counts_of(world) == (None, None)
    assert world.job.status is not None
    assert world.job.status.last_failure is None


def test_the_policy_is_that_of_the_runtime_as_it_was() -> None:
    world = training()
    world.runtime = restarting(0)
    crash(world)

    work(world)

    assert counts_of(world) == (1, 1)


@pytest.mark.parametrize(
    ("rules", "exit_code", "counts", "reason"),
    [
        pytest.param([], 1, (1, 1), None, id="no rule"),
        pytest.param([on_code("FailTrainJob", 42)], 1, (1, 1), None, id="no rule that is met"),
        pytest.param([on_code("FailTrainJob", 42)], 42, (None, None), "FailJobSetFailurePolicyAction", id="fail"),
        pytest.param(
            [on_code("RestartTrainJobAndIgnoreMaxRestarts", 42)], 42, (1, None), None, id="restart without counting"
        ),
        pytest.param([on_code("FailTrainJob", 42, "NotIn")], 42, (1, 1), None, id="all but this one"),
        pytest.param(
            [on_code("FailTrainJob", 42, "NotIn")], 1, (None, None), "FailJobSetFailurePolicyAction", id="another one"
        ),
        pytest.param(
            [on_code("RestartTrainJob", 42), on_code("FailTrainJob", 42)], 42, (1, 1), None, id="the first decides"
        ),
        pytest.param([], 20, (None, None), "FailedJobs", id="what our trainer refuses"),
        pytest.param([on_code("RestartTrainJob", 1, "NotIn")], 20, (None, None), "FailedJobs", id="not named"),
        pytest.param([on_code("RestartTrainJob", 20)], 20, (1, 1), None, id="named"),
        pytest.param([], 24, (None, None), "FailedJobs", id="a loss that is no number"),
        pytest.param([], 21, (1, 1), None, id="nowhere to meet, this time"),
    ],
)
def test_the_rule_that_is_met_decides(
    rules: list[dict[str, Any]], exit_code: int, counts: tuple[int | None, int | None], reason: str | None
) -> None:
    world = training(1, *rules)
    crash(world, exit_code, "node")

    work(world)

    assert counts_of(world) == counts
    assert [one[2] for one in conditions(world)] == ([] if reason is None else [reason, reason])


@pytest.mark.parametrize(
    ("exit_code", "reason"),
    [pytest.param(10, "FailedJobs", id="there is no such model"), pytest.param(137, None, id="killed")],
)
def test_what_a_download_says_is_final(exit_code: int, reason: str | None) -> None:
    world = World(job=trainjob("demo", created=START), runtime=restarting(1), now=START)
    work(world)
    run(world, INITIALIZERS[0])
    world.start_pods(INITIALIZERS[1])
    work(world)
    crash(world, exit_code, "model-initializer", INITIALIZERS[1])

    work(world)

    assert [one[2] for one in conditions(world)] == ([] if reason is None else [reason, reason])
    if reason is None:
        assert deleted(work(world)) == [INITIALIZERS[1]]
        assert created(work(world)) == [INITIALIZERS[1]]


def test_a_pod_that_is_taken_has_all_start_anew_before_its_job_has_failed() -> None:
    world = training(0, UNCOUNTED)
    world.take_pods(NODE, "PreemptionByScheduler")

    plan = work(world)

    assert plan.events[0].message == (
        "all trainers restart, which does not count: pod demo-node-0-0-abcde of Job demo-node-0 on node node-0 had to"
        " go (PreemptionByScheduler)"
    )
    assert counts_of(world) == (1, None)
    assert deleted(work(world)) == [NODE]


def test_the_new_trainer_waits_until_the_old_one_has_ended() -> None:
    world = training(0, UNCOUNTED)
    world.are_pods_slow = True
    world.take_pods(NODE, "PreemptionByScheduler")
    work(world)
    assert deleted(work(world)) == [NODE]

    assert created(work(world)) == []

    world.lose_pods(NODE)
    assert created(work(world)) == [NODE]


def test_a_pod_that_is_gone_before_anybody_looked_is_told_of_by_its_job() -> None:
    world = training(0, on_code("FailTrainJob", 1), UNCOUNTED)
    world.take_pods(NODE, "EvictionByEvictionAPI")
    world.lose_pods(NODE)
    world.pass_time(5)

    work(world)

    assert counts_of(world) == (1, None)


def test_a_pod_that_somebody_deletes_is_taken_as_well() -> None:
    world = training(0, UNCOUNTED)
    world.take_pods(NODE)

    work(world)

    assert counts_of(world) == (1, None)


@pytest.mark.parametrize("reason", ["", "low on memory"], ids=["a node that goes down", "the kubelet evicts it"])
def test_what_the_kubelet_evicts_counts_and_what_goes_with_its_node_does_not(reason: str) -> None:
    world = training(1, UNCOUNTED)
    world.take_pods(NODE, "TerminationByKubelet")
    evicted = Eviction(reason, START) if reason else None
    for name, pod in world.pods.items():
        world.pods[name] = replace(pod, phase="Failed", deleting=False, eviction=evicted)
    job = world.jobs[NODE]
    outcome = Outcome(succeeded=False, at=world.now, reason="PodFailurePolicy", message="at index 0")
    world.jobs[NODE] = replace(job, active=0, ready=0, failed=1, outcome=outcome)

    assert reconcile(look(world, pods=())) == Plan(requeue_after=2.0), "the pod may still come into sight"
    work(world)

    assert counts_of(world) == ((1, 1) if reason else (1, None))


def test_what_is_taken_without_a_rule_for_it_counts() -> None:
    world = training(1)
    world.take_pods(NODE, "PreemptionByScheduler")

    work(world)

    assert counts_of(world) == (1, 1)


def test_a_pod_that_is_taken_may_be_the_end() -> None:
    world = training(0)
    world.take_pods(NODE, "PreemptionByScheduler")

    assert work(world).actions == ()
    assert conditions(world) == [("Stalled", "True", "ReachedMaxRestarts")]
    assert deleted(work(world)) == [NODE]
    work(world)

    assert conditions(world)[-1] == ("Failed", "True", "ReachedMaxRestarts")
    assert counts_of(world) == (None, None)
    assert created(work(world)) == []


def test_suspending_is_no_failure_and_the_counts_stay() -> None:
    world = training()
    crash(world)
    start_anew(world)
    world.set_suspend(suspend=True)
    work(world)
    work(world)
    world.set_suspend(suspend=False)
    work(world)
    world.start_pods(NODE)
    work(world)

    assert counts_of(world) == (1, 1)
    assert [name for name in world.created if name == NODE] == [NODE, NODE]


def test_a_pod_that_still_ends_after_a_resumption_is_no_loss() -> None:
    world = training()
    old = world.pods["demo-node-0-0-abcde"]
    world.pods = {"old": replace(old, name="old", deleting=True)}
    world.pass_time(60)
    world.jobs[NODE] = replace(world.jobs[NODE], started=world.now)

    assert work(world).status is None


def test_what_fails_while_suspended_waits_anew() -> None:
    world = training()
    crash(world)
    world.set_suspend(suspend=True)
    work(world)
    work(world)

    plan = work(world)

    [create] = [action for action in plan.actions if isinstance(action, Create)]
    assert create.manifest["spec"]["suspend"] is True


def test_a_deadline_is_not_reset_and_leaves_no_restart() -> None:
    world = training(3)
    world.change(active_deadline_seconds=60)
    crash(world)
    start_anew(world)
    world.pass_time(61)
    crash(world)

    work(world)

    assert conditions(world)[-1][2] == "DeadlineExceeded"
    assert counts_of(world) == (1, 1)


def test_an_old_view_counts_nothing_twice() -> None:
    world = training()
    crash(world)
    old = look(world)
    work(world)

    stale_trainjob = reconcile(replace(look(world), job=old.job))
    assert stale_trainjob.actions == ()  # its status is that of another version, which the API server refuses

    work(world)
    work(world)
    stale_jobs = reconcile(replace(look(world), jobs=old.jobs, pods=old.pods))
    assert deleted(stale_jobs) == [NODE]
    assert stale_jobs.events == ()
    assert counts_of(world) == (1, 1)


def test_the_failure_of_the_first_attempt_is_not_the_second_ones() -> None:
    world = training(2, on_code("FailTrainJob", 42))
    crash(world, 42 - 1)
    work(world)
    leftover = replace(
        next(pod for pod in world.pods.values() if pod.job == NODE),
        name="leftover",
        exit=Exit(container="c", exit_code=42, reason="Error", message="", at=START),
    )
    work(world)
    work(world)
    world.start_pods(NODE)
    world.pods["leftover"] = leftover
    world.pass_time(60)
    crash(world, 1)

    work(world)

    assert counts_of(world) == (2, 2)


def test_an_obstacle_after_a_restart_is_no_end() -> None:
    world = training()
    crash(world)
    start_anew(world)
    world.end_pods(NODE, succeed=True)
    world.jobs.pop(NODE)
    stalled = reconcile(look(world, runtime=None, snapshot=None, unusable_snapshot="it cannot be read"))
    world.execute(replace(stalled, actions=()))
    assert conditions(world) == [("Stalled", "True", "RuntimeInvalid")]

    work(world)

    assert conditions(world) == []
