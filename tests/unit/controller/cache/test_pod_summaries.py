"""What is kept of pods: their troubles, how they ended, and whether that was their fault."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.factories.bodies import Body, at, container, ended, pod

from trainjob_operator.controller.cache.summaries import summarize_pod
from trainjob_operator.reconciler.children import Eviction, Exit, PodChild, PodCondition, Trouble


def test_a_new_pod() -> None:
    assert summarize_pod(pod({"phase": "Pending"})) == PodChild(
        name="tune-node-0-0-abcde",
        uid="uid-of-tune-node-0-0-abcde",
        trainjob_uid="trainjob-1",
        job="tune-node-0",
        job_uid="job-1",
        created=at(0),
        phase="Pending",
        node="node-a",
        deleting=False,
        trouble=None,
        exit=None,
    )


def test_an_evicted_pod_did_not_fail() -> None:
    disrupted = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    status = {"phase": "Failed", "conditions": [disrupted], "containerStatuses": [container("node", **ended(137))]}

    seen = summarize_pod(pod(status))

    assert seen.exit is None
    assert seen.eviction is None, "a drain, which is no fault of the pod"


def test_an_eviction_by_the_kubelet_is_seen_with_its_words() -> None:
    since = "2026-01-01T00:00:00Z"
    disrupted = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "TerminationByKubelet",
        "lastTransitionTime": since,
    }
    status = {"phase": "Failed", "reason": "Evicted", "message": "low on memory", "conditions": [disrupted]}

    assert summarize_pod(pod(status)).eviction == Eviction("low on memory", datetime.fromisoformat(since))
    assert summarize_pod(pod(status | {"reason": "Terminated"})).eviction is None, "a node that goes down"


def test_conditions_are_those_of_a_pod_on_its_way_out() -> None:
    since = "2026-01-01T12:00:05Z"
    disrupted = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": "higher"}
    ready = {"type": "Ready", "status": "False", "lastTransitionTime": since}
    conditions = [disrupted | {"lastTransitionTime": since}, ready]
    expected = (
        PodCondition("DisruptionTarget", "True", "PreemptionByScheduler", "higher", at(5)),
        PodCondition("Ready", "False", "", "", at(5)),
    )

    assert summarize_pod(pod({"phase": "Running", "conditions": conditions})).conditions == ()
    assert summarize_pod(pod({"phase": "Failed", "conditions": conditions})).conditions == expected
    taken = summarize_pod(pod({"phase": "Running", "conditions": conditions}, deletionTimestamp=since))
    assert taken.conditions == expected
    assert taken.disruption == expected[0]


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes: no GPU"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(
            {"containerStatuses": [container("node", waiting={"reason": "ContainerCreating"})]}, None, id="on its way"
        ),
        pytest.param(
            {"containerStatuses": [container("node", waiting={"reason": "PodInitializing"})]}, None, id="initializing"
        ),
        pytest.param({"containerStatuses": [container("node", waiting={})]}, None, id="no reason yet"),
        pytest.param({"containerStatuses": [container("node", running={})]}, None, id="running"),
        pytest.param(
            {
                "containerStatuses": [
                    container("good", running={}),
                    container("node", waiting={"reason": "ErrImagePull", "message": "not found"}),
                ]
            },
            Trouble("ErrImagePull", "not found", "node", "registry/node:1"),
            id="image",
        ),
        pytest.param(
            {
                "initContainerStatuses": [container("first", waiting={"reason": "CreateContainerConfigError"})],
                "containerStatuses": [container("node", waiting={"reason": "PodInitializing"})],
            },
            Trouble("CreateContainerConfigError", "", "first", "registry/first:1"),
            id="init container",
        ),
        pytest.param(
            {"conditions": [UNSCHEDULABLE | {"lastTransitionTime": "2026-01-01T00:00:00Z"}]},
            Trouble("Unschedulable", "0/2 nodes: no GPU", since=datetime(2026, 1, 1, tzinfo=UTC)),
            id="no node",
        ),
        pytest.param({"conditions": [UNSCHEDULABLE]}, Trouble("Unschedulable", "0/2 nodes: no GPU"), id="no time"),
        pytest.param({"conditions": [{"type": "PodScheduled", "status": "True"}]}, None, id="scheduled"),
    ],
)
def test_trouble_of_a_pod(status: Body, expected: Trouble | None) -> None:
    assert summarize_pod(pod(status)).trouble == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param({"containerStatuses": [container("node", terminated=ended(0))]}, None, id="succeeded"),
        pytest.param(
            {"containerStatuses": [container("node", terminated=ended(11, message="no access"))]},
            Exit("node", 11, "Error", "no access", at(9)),
            id="failed",
        ),
        pytest.param(
            {
                "containerStatuses": [
                    container("late", terminated=ended(1, "2026-01-01T12:00:11Z")),
                    container("early", terminated=ended(2, "2026-01-01T12:00:10Z")),
                ]
            },
            Exit("early", 2, "Error", "", at(10)),
            id="the first to fail",
        ),
        pytest.param(
            {
                "containerStatuses": [
                    container("node", waiting={"reason": "CrashLoopBackOff"}) | {"lastState": {"terminated": ended(3)}}
                ]
            },
            Exit("node", 3, "Error", "", at(9)),
            id="waits to be restarted",
        ),
        pytest.param(
            {"containerStatuses": [container("node", running={}) | {"lastState": {"terminated": ended(3)}}]},
            None,
            id="runs again",
        ),
        pytest.param(
            {"containerStatuses": [container("node", terminated={"exitCode": 137, "finishedAt": None})]},
            Exit("node", 137, "", "", at(0)),
            id="lost with its node",
        ),
    ],
)
def test_exit_of_a_pod(status: Body, expected: Exit | None) -> None:
    assert summarize_pod(pod(status)).exit == expected


@pytest.mark.parametrize(
    "change",
    [{"managedFields": []}, {"resourceVersion": "9"}, {"annotations": {"a": "b"}}],
    ids=lambda c: next(iter(c)),
)
def test_what_does_not_matter_leaves_the_summary_equal(change: dict[str, Any]) -> None:
    assert summarize_pod(pod(**change)) == summarize_pod(pod())


def test_a_copy_for_debugging_is_a_pod_of_no_job() -> None:
    """`kubectl debug --copy-to --keep-labels` keeps the labels and not the owner: it is not waited for."""
    assert summarize_pod(pod({"phase": "Running"}, ownerReferences=[])).job == ""
