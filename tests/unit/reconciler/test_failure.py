"""What is told of the first failure."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from trainjob_operator.reconciler.children import Exit, JobChild, Kind, Outcome, PodChild
from trainjob_operator.reconciler.failure import Failure

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
