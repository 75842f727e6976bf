"""What is told of the first failure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trainjob_operator.api.conditions import Reason
from trainjob_operator.reconciler.children import Exit, JobChild, Kind, Outcome, PodChild
from trainjob_operator.reconciler.life.failure import EVIDENCE_EXPECTED_WITHIN, Failure, find_failure
from trainjob_operator.reconciler.ownership import Owned

AT = datetime(2026, 1, 1, tzinfo=UTC)
OUTCOME = Outcome(succeeded=False, at=AT, reason="BackoffLimitExceeded", message="Job has reached the backoff limit")
JOB = JobChild(
    kind=Kind.JOB,
    name="j-node-0",
    uid="job",
    owner_uid="u",
    owner_kind="TrainJob",
    labelled="j",
    deleting=False,
    replicated_job="node",
    created=AT,
    lacking_since=AT,
    parallelism=1,
    suspended=False,
    active=0,
    ready=0,
    succeeded=0,
    failed=1,
    outcome=OUTCOME,
)
POD = PodChild(
    name="j-node-0-0-abcde",
    uid="pod",
    trainjob_uid="u",
    job="j-node-0",
    job_uid="job",
    created=AT,
    phase="Failed",
    node="node-1",
    deleting=False,
    trouble=None,
    exit=Exit(container="node", exit_code=1, reason="Error", message="", at=AT),
)
LOG = "Traceback (most recent call last):\n  File ...\nRuntimeError: the loss is not a number\n"


@pytest.mark.parametrize(
    ("message", "gist"),
    [
        pytest.param("", "it left no message; see its log", id="nothing"),
        pytest.param("Out of memory on rank 3\nline 1\nline 2", "Out of memory on rank 3", id="our image's sentence"),
        pytest.param("what went wrong\n", "what went wrong", id="one line by a shell"),
        pytest.param(LOG, "RuntimeError: the loss is not a number", id="the end of a log"),
        pytest.param(LOG + "=" * 60 + "\n\n", "RuntimeError: the loss is not a number", id="a rule under a log"),
        pytest.param("=====\n", "it left no message; see its log", id="no words"),
    ],
)
def test_the_line_that_says_most_is_told(message: str, gist: str) -> None:
    assert POD.exit is not None
    failure = Failure(JOB, OUTCOME, replace(POD, exit=replace(POD.exit, message=message)))

    assert failure.describe() == (
        "Job j-node-0 failed: container node of pod j-node-0-0-abcde on node node-1 ended with exit code 1: " + gist
    )
    assert failure.evidence().log_tail == (message or None)


def pod_that_ended(index: int, exit_code: int, after_s: int) -> PodChild:
    assert POD.exit is not None
    end = replace(POD.exit, exit_code=exit_code, at=AT + timedelta(seconds=after_s))
    return replace(POD, name=f"j-node-0-{index}-abcde", uid=f"pod-{index}", exit=end)


def failure_of(*pods: PodChild) -> Failure:
    owned = Owned(children={}, jobs={"node": JOB}, pods={JOB.uid: pods}, strangers={})
    failure = find_failure(owned)
    assert failure is not None
    return failure


@pytest.mark.parametrize(
    ("exits", "to_blame"),
    [
        pytest.param([(1, 5), (1, 3), (1, 4)], 1, id="the first"),
        pytest.param([(1, 3), (1, 3)], 0, id="in the same second"),
        pytest.param([(22, 3), (137, 5)], 1, id="a node that lost another was gone before it"),
        pytest.param([(143, 3), (1, 5)], 1, id="a node that was told to end was gone before"),
        pytest.param([(143, 4), (22, 3)], 1, id="nobody has a reason of its own"),
    ],
)
def test_the_pod_to_blame(exits: list[tuple[int, int]], to_blame: int) -> None:
    failure = failure_of(*(pod_that_ended(index, *end) for index, end in enumerate(exits)))

    assert failure.pod is not None
    assert failure.pod.uid == f"pod-{to_blame}"


@pytest.mark.parametrize(
    ("exit_codes", "is_expected"),
    [
        pytest.param([], True, id="no pod"),
        pytest.param([22, 143], True, id="only pods that ended because of another"),
        pytest.param([22, 1], False, id="the one to blame"),
    ],
)
def test_the_evidence_is_waited_for_but_not_for_long(exit_codes: list[int], is_expected: bool) -> None:
    failure = failure_of(*(pod_that_ended(index, code, 0) for index, code in enumerate(exit_codes)))

    assert failure.lacks_evidence(AT) is is_expected
    assert failure.lacks_evidence(AT + EVIDENCE_EXPECTED_WITHIN) is False


@pytest.mark.parametrize(
    ("exit_code", "message", "reason"),
    [
        pytest.param(24, "The loss was nan for 10 steps, since step 3.", Reason.NAN_LOSS, id="our image's"),
        pytest.param(24, "mine\n", Reason.FAILED_JOBS, id="another program's"),
        pytest.param(1, "The loss was nan for 10 steps, since step 3.", Reason.FAILED_JOBS, id="another code"),
    ],
)
def test_a_loss_that_is_no_number_is_the_reason(exit_code: int, message: str, reason: Reason) -> None:
    assert POD.exit is not None
    end = replace(POD.exit, exit_code=exit_code, message=message)

    assert Failure(JOB, OUTCOME, replace(POD, exit=end)).reason is reason
    assert Failure(JOB, OUTCOME, None).reason is Reason.FAILED_JOBS
