"""Which pod ended a group of trainers, of several that are gone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.reconciler.life.test_failure import AT, JOB, OUTCOME, POD, pod_that_ended
from tests.world.life import look, new_world

from trainjob_operator.reconciler.children import Eviction, JobChild, PodChild, PodCondition
from trainjob_operator.reconciler.life.failure import Failure
from trainjob_operator.reconciler.life.loss import Cause, Loss, find_cause
from trainjob_operator.reconciler.ownership import Owned

GROUP = {"node"}
BY_PODS = replace(OUTCOME, reason="BackoffLimitExceeded")
RUNNING = replace(JOB, outcome=None, failed=0, active=2, started=AT)


def disrupted(pod: PodChild, after_s: int, reason: str = "PreemptionByScheduler") -> PodChild:
    """Take a pod away; its exit is no failure of its own, as the summary has it."""
    condition = PodCondition("DisruptionTarget", "True", reason, "", AT + timedelta(seconds=after_s))
    return replace(pod, exit=None, deleting=True, conditions=(condition,))


def deleted(pod: PodChild) -> PodChild:
    return replace(pod, deleting=True)


def cause_of(*pods: PodChild, job: JobChild = JOB) -> Cause | None:
    owned = Owned(children={}, jobs={"node": job}, pods={job.uid: pods}, strangers={})
    return find_cause(look(new_world(), now=AT), owned, GROUP)


FIRST, SECOND = (pod_that_ended(index, 1, 5) for index in range(2))


@pytest.mark.parametrize(
    ("pods", "kind", "to_blame"),
    [
        pytest.param([disrupted(FIRST, 3), SECOND], Loss, 0, id="taken before another failed"),
        pytest.param([disrupted(FIRST, 5), SECOND], Loss, 0, id="taken in the same second"),
        pytest.param([disrupted(FIRST, 6), SECOND], Failure, 1, id="taken after another failed"),
        pytest.param([disrupted(FIRST, 6), pod_that_ended(1, 22, 3)], Loss, 0, id="another lost it"),
        pytest.param([deleted(pod_that_ended(0, 143, 3)), pod_that_ended(1, 22, 5)], Loss, 0, id="deleted first"),
        pytest.param([deleted(pod_that_ended(0, 143, 5)), pod_that_ended(1, 22, 5)], Failure, 0, id="hard to tell"),
        pytest.param(
            [deleted(pod_that_ended(0, 137, 9)), pod_that_ended(1, 22, 5)],
            Failure,
            0,
            id="the Job controller deleted it",
        ),
        pytest.param([deleted(pod_that_ended(0, 1, 9)), pod_that_ended(1, 2, 7)], Failure, 1, id="and one failed"),
        pytest.param([deleted(pod_that_ended(0, 1, 3))], Loss, 0, id="a program that ends with 1 when it is told to"),
    ],
)
def test_what_came_first_ended_the_others(pods: list[PodChild], kind: type[Cause], to_blame: int) -> None:
    cause = cause_of(*pods, job=replace(JOB, outcome=BY_PODS))

    assert isinstance(cause, kind)
    assert cause.pod == pods[to_blame]


@pytest.mark.parametrize(
    ("job", "pods", "is_loss"),
    [
        pytest.param(RUNNING, [deleted(replace(POD, phase="Running", exit=None))], True, id="deleted"),
        pytest.param(RUNNING, [deleted(FIRST), replace(SECOND, deleting=False)], False, id="another has failed"),
        pytest.param(RUNNING, [replace(POD, phase="Running", exit=None)], False, id="all run"),
        pytest.param(replace(RUNNING, suspended=True), [deleted(FIRST)], False, id="suspended"),
        pytest.param(replace(RUNNING, deleting=True), [deleted(FIRST)], False, id="its Job is deleted"),
        pytest.param(replace(RUNNING, is_late=True), [deleted(FIRST)], False, id="out of its own time"),
        pytest.param(replace(RUNNING, replicated_job="server"), [deleted(FIRST)], False, id="a Job that replaces it"),
        pytest.param(
            replace(RUNNING, started=AT + timedelta(seconds=9)), [deleted(FIRST)], False, id="of before a resumption"
        ),
    ],
)
def test_a_pod_is_missed_before_its_job_has_failed(job: JobChild, pods: list[PodChild], is_loss: bool) -> None:
    assert isinstance(cause_of(*pods, job=job), Loss) is is_loss


def test_a_job_that_has_no_time_left_deletes_its_pods() -> None:
    late = replace(JOB, outcome=replace(OUTCOME, reason="DeadlineExceeded"))

    assert isinstance(cause_of(deleted(pod_that_ended(0, 143, 3)), job=late), Failure)


def test_memory_that_ran_out_is_the_pod_s_own_fault_also_if_it_is_deleted() -> None:
    killed = deleted(pod_that_ended(0, 137, 3))
    assert killed.exit is not None
    pod = replace(killed, exit=replace(killed.exit, reason="OOMKilled"))

    assert isinstance(cause_of(pod, job=replace(JOB, outcome=BY_PODS)), Failure)


@pytest.mark.parametrize("is_seen", [True, False], ids=["by the pod", "by its Job"])
def test_no_more_is_told_than_a_status_holds(is_seen: bool) -> None:
    pod = disrupted(POD, 0)
    pod = replace(pod, conditions=tuple(replace(one, message="x" * 40000) for one in pod.conditions))
    outcome = replace(OUTCOME, reason="PodFailurePolicy", message="x" * 40000)
    cause = cause_of(*([pod] if is_seen else []), job=replace(JOB, outcome=outcome))

    assert isinstance(cause, Loss)
    assert len(cause.evidence().log_tail or "") < 1200


@pytest.mark.parametrize(
    ("pod", "sentence", "kind"),
    [
        pytest.param(
            disrupted(POD, 0, "EvictionByEvictionAPI"),
            "pod j-node-0-0-abcde of Job j-node-0 on node node-1 had to go (EvictionByEvictionAPI)",
            "EvictionByEvictionAPI",
            id="drained",
        ),
        pytest.param(
            replace(disrupted(POD, 0, "TerminationByKubelet"), eviction=Eviction("low on memory", AT)),
            "pod j-node-0-0-abcde of Job j-node-0 on node node-1 was evicted by the kubelet: low on memory",
            "Evicted",
            id="evicted",
        ),
        pytest.param(
            replace(deleted(POD), node=None),
            "pod j-node-0-0-abcde of Job j-node-0 was deleted",
            "Deleted",
            id="deleted",
        ),
    ],
)
def test_it_is_told_who_took_the_pod(pod: PodChild, sentence: str, kind: str) -> None:
    cause = cause_of(pod, job=replace(JOB, outcome=BY_PODS))

    assert cause is not None
    assert (cause.describe(), cause.evidence().reason) == (sentence, kind)
