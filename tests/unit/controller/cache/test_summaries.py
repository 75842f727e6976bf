"""What is kept of Services, claims and Jobs."""

from datetime import datetime

import pytest
from tests.factories.bodies import Body, at, body, job, owned

from trainjob_operator.controller.cache.summaries import (
    summarize_claim,
    summarize_job,
    summarize_service,
    trainjob_of,
)
from trainjob_operator.reconciler.children import Child, JobChild, Kind, Outcome


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


@pytest.mark.parametrize(
    ("label", "attempt"), [("2", 2), ("", 0), ("-1", 0), ("²", 0), ("1" * 64, 0)], ids=lambda value: repr(value)[:9]
)
def test_the_attempt_is_what_its_label_says_if_that_is_a_number(label: str, attempt: int) -> None:
    summary = summarize_job(job(labels={"jobset.sigs.k8s.io/restart-attempt": label}))

    assert summary.attempt == attempt


def test_a_job_whose_own_deadline_has_passed_deletes_its_pods_for_that() -> None:
    target = {"type": "FailureTarget", "status": "True", "reason": "DeadlineExceeded"}
    started = {"startTime": "2026-01-01T12:00:05Z"}

    assert summarize_job(job(started | {"conditions": [target]})).is_late
    seen = summarize_job(job(started | {"conditions": [target | {"reason": "BackoffLimitExceeded"}]}))
    assert (seen.is_late, seen.started) == (False, at(5))
