"""Which rule of a runtime's failure policy decides about a failure, and about a pod that was taken away."""

from dataclasses import replace
from typing import Any

import pytest
from tests.world.life import INITIALIZERS, START, conditions, created, look, run, work
from tests.world.objects import restarting, trainjob
from tests.world.restarts import NODE, UNCOUNTED, counts_of, crash, deleted, on_code, training
from tests.world.world import World

from trainjob_operator.reconciler.children import Eviction, Outcome
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Plan


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
