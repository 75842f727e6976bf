"""All trainers start anew after a failure, as often as the runtime lets them."""

from dataclasses import replace

from tests.world.life import INITIALIZERS, START, conditions, created, look, work
from tests.world.objects import RUNTIME
from tests.world.restarts import NODE, UNCOUNTED, counts_of, crash, deleted, on_code, start_anew, training

from trainjob_operator.reconciler.children import Exit
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Create, Event, Plan


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


def test_the_new_trainer_waits_until_the_old_one_has_ended() -> None:
    world = training(0, UNCOUNTED)
    world.are_pods_slow = True
    world.take_pods(NODE, "PreemptionByScheduler")
    work(world)
    assert deleted(work(world)) == [NODE]

    assert created(work(world)) == []

    world.lose_pods(NODE)
    assert created(work(world)) == [NODE]


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
