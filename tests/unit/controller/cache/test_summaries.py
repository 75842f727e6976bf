from datetime import UTC, datetime
from typing import Any

import pytest
from tests.factories.bodies import Body, body, container, ended, job, owned, pod

from trainjob_operator.controller.cache.summaries import (
    summarize_claim,
    summarize_job,
    summarize_pod,
    summarize_service,
    trainjob_of,
)
from trainjob_operator.reconciler.children import Child, Eviction, Exit, JobChild, Kind, Outcome, PodChild, Trouble


def at(second: int) -> datetime:
    return datetime(2026, 1, 1, 12, 0, second, tzinfo=UTC)


def test_service_and_claim() -> None:
    metadata: Body = {
        "ownerReferences": owned("TrainJob", "tune", "trainjob-1"),
        "deletionTimestamp": "2026-01-01T12:00:05Z",
    }
    expected = Child(Kind.SERVICE, "tune", "uid-of-tune", "trainjob-1", "TrainJob", "tune", deleting=True)

    assert summarize_service(body("tune", 1, **metadata)) == expected
    assert summarize_claim(body("tune", 1)) == Child(
        Kind.CLAIM, "tune", "uid-of-tune", None, None, "tune", deleting=False
    )


def test_only_the_controlling_owner_counts() -> None:
    owners = [{"kind": "Queue", "name": "q", "uid": "queue-1"}, *owned("TrainJob", "tune", "trainjob-1")]

    assert summarize_service(body("tune", 1, ownerReferences=owners)).owner_uid == "trainjob-1"


def test_an_object_without_labels_belongs_to_no_trainjob() -> None:
    unlabelled = body("tune", 1)
    del unlabelled["metadata"]["labels"]

    assert trainjob_of(unlabelled) == ""
    assert summarize_service(unlabelled).labelled is None


def test_a_new_job() -> None:
    assert summarize_job(job()) == JobChild(
        kind=Kind.JOB,
        name="tune-node-0",
        uid="uid-of-tune-node-0",
        owner_uid="trainjob-1",
        owner_kind="TrainJob",
        labelled="tune",
        deleting=False,
        replicated_job="node",
        created=at(0),
        lacking_since=None,
        parallelism=2,
        suspended=False,
        active=0,
        ready=0,
        succeeded=0,
        failed=0,
        outcome=None,
    )


def test_no_more_pods_run_than_are_to_succeed() -> None:
    assert summarize_job(job(spec={"completions": 1})).parallelism == 1


def condition(type_: str, status: str = "True") -> Body:
    return {
        "type": type_,
        "status": status,
        "reason": "Because",
        "message": "it is so",
        "lastTransitionTime": "2026-01-01T12:00:07Z",
    }


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param({}, None, id="new"),
        pytest.param({"conditions": [condition("Suspended")]}, None, id="suspended"),
        pytest.param({"conditions": [condition("FailureTarget")]}, None, id="failing, pods still end"),
        pytest.param({"conditions": [condition("Complete", "False")]}, None, id="not complete"),
        pytest.param(
            {"conditions": [condition("SuccessCriteriaMet"), condition("Complete")]},
            Outcome(succeeded=True, at=at(7), reason="Because", message="it is so"),
            id="complete",
        ),
        pytest.param(
            {"conditions": [condition("FailureTarget"), condition("Failed")]},
            Outcome(succeeded=False, at=at(7), reason="Because", message="it is so"),
            id="failed",
        ),
    ],
)
def test_outcome_of_a_job(status: Body, expected: Outcome | None) -> None:
    assert summarize_job(job(status)).outcome == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param({"startTime": "2026-01-01T12:00:03Z"}, at(3), id="under way"),
        pytest.param({"startTime": "2026-01-01T12:00:03Z", "conditions": [condition("Suspended")]}, None, id="waits"),
        pytest.param(
            {"startTime": "2026-01-01T12:00:03Z", "conditions": [condition("Suspended", "False")]}, at(3), id="goes on"
        ),
        pytest.param({"startTime": "2026-01-01T12:00:03Z", "active": 1}, None, id="has pods"),
        pytest.param(
            {"startTime": "2026-01-01T12:00:03Z", "uncountedTerminatedPods": {"failed": ["pod-1"]}},
            None,
            id="is to count a pod that has ended",
        ),
        pytest.param(
            {"startTime": "2026-01-01T12:00:03Z", "conditions": [condition("SuccessCriteriaMet")]}, None, id="ends"
        ),
    ],
)
def test_since_when_a_job_is_to_have_pods(status: Body, expected: datetime | None) -> None:
    assert summarize_job(job(status)).lacking_since == expected


def test_counts_of_a_job() -> None:
    seen = summarize_job(job({"active": 2, "ready": 1, "succeeded": 3, "failed": 4}, {"suspend": True}))

    assert (seen.active, seen.ready, seen.succeeded, seen.failed, seen.suspended) == (2, 1, 3, 4, True)


def test_a_new_pod() -> None:
    assert summarize_pod(pod({"phase": "Pending"})) == PodChild(
        name="tune-node-0-0-abcde",
        uid="uid-of-tune-node-0-0-abcde",
        trainjob_uid="trainjob-1",
        job="tune-node-0",
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
    at = "2026-01-01T00:00:00Z"
    disrupted = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "TerminationByKubelet",
        "lastTransitionTime": at,
    }
    status = {"phase": "Failed", "reason": "Evicted", "message": "low on memory", "conditions": [disrupted]}

    assert summarize_pod(pod(status)).eviction == Eviction("low on memory", datetime.fromisoformat(at))
    assert summarize_pod(pod(status | {"reason": "Terminated"})).eviction is None, "a node that goes down"


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
