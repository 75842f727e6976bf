"""The claim that a TrainJob waits for, and what its status says of where the result is."""

from dataclasses import replace

import pytest
from tests.world.life import INITIALIZERS, START, conditions, look, new_world, work
from tests.world.world import World

from trainjob_operator.api.conditions import Condition, ConditionType, Reason
from trainjob_operator.api.trainjob import Trainer
from trainjob_operator.api.workspace import OutputStatus, Workspace
from trainjob_operator.reconciler.children import Trouble
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Plan


@pytest.fixture
def world() -> World:
    return new_world()


def stalled(plan: Plan) -> Condition:
    assert plan.status is not None
    [condition] = plan.status.conditions or ()
    assert condition.type == ConditionType.STALLED
    return condition


def stranded(world: World, words: str) -> World:
    world.strand_pods(INITIALIZERS[0])
    world.pods = {
        pod.name: replace(pod, trouble=Trouble("Unschedulable", words, since=START)) for pod in world.pods.values()
    }
    return world


@pytest.mark.parametrize(
    ("workspace", "remedy"),
    [(Workspace(claim_name="mine"), "another spec.workspace.claimName"), (None, "a runtime, or runtimePatches")],
    ids=["the TrainJob names it", "somebody else names it"],
)
def test_a_missing_claim_is_told_of_at_once(world: World, workspace: Workspace | None, remedy: str) -> None:
    world.change(workspace=workspace)
    work(world)
    words = '0/2 nodes are available: persistentvolumeclaim "mine" not found. preemption: 0/2 nodes are available.'

    condition = stalled(work(stranded(world, words)))

    assert condition.reason == Reason.CLAIM_NOT_FOUND
    assert condition.message.startswith("there is no PersistentVolumeClaim mine in namespace")
    assert remedy in condition.message


def test_an_own_claim_that_the_scheduler_has_not_seen_yet_is_not_missing(world: World) -> None:
    work(world)

    assert "Stalled" not in str(
        work(stranded(world, '0/2 nodes are available: persistentvolumeclaim "initializer-demo" not found.')).status
    )


def test_a_claim_that_is_not_bound_is_told_of_after_a_while_with_where_to_look(world: World) -> None:
    work(world)
    work(
        stranded(world, "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: none.")
    )
    assert conditions(world) == []

    world.pass_time(600)

    condition = stalled(work(world))
    assert condition.reason == Reason.UNSCHEDULABLE
    assert "unbound immediate PersistentVolumeClaims. They start as soon as that changes" in condition.message
    assert "kubectl describe pvc" in condition.message
    assert "spec.workspace.storageClassName" in condition.message


def test_where_the_result_will_be_is_told_and_stays_when_the_runtime_is_unreadable(world: World) -> None:
    command = ("tune", "run", "full_finetune_distributed", "--config", "llama3_2/1B_full", "output_dir=/workspace/out")
    world.change(trainer=Trainer(command=command))
    work(world)
    work(world)
    expected = OutputStatus(claim_name="initializer-demo", path="out")
    assert world.job.status is not None
    assert world.job.status.output == expected

    plan = reconcile(replace(look(world), unusable_snapshot="it is torn"))

    assert plan.status is not None
    assert plan.status.output == expected
