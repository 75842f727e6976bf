"""What is made of the API server's words."""

from datetime import UTC, datetime, timedelta

import pytest

from trainjob_operator.controller.kube.client import Body
from trainjob_operator.controller.work.refusals import _without_random_name, find_refusal

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)

LONG = f"{'n' * 39}-dataset-initializer-0"


@pytest.mark.parametrize(
    ("job", "first", "second"),
    [
        pytest.param("j-node-0", "j-node-0-0-abcde", "j-node-0-0-fghij", id="indexed"),
        pytest.param("j-node-0", "j-node-0-abcde", "j-node-0-fghij", id="not indexed"),
        pytest.param(LONG, f"{LONG[:55]}-0-abcde", f"{LONG[:55]}-0-fghij", id="a long name, cut by Kubernetes"),
    ],
)
def test_a_refusal_reads_the_same_whatever_the_pod_is_called(job: str, first: str, second: str) -> None:
    words = [f'Error creating: pods "{name}" is forbidden: exceeded quota' for name in (first, second)]

    assert _without_random_name(job, words[0]) == _without_random_name(job, words[1])
    assert "abcde" not in _without_random_name(job, words[0])


def event(message: str, ago: timedelta) -> Body:
    return {
        "metadata": {"creationTimestamp": "2026-01-01T11:00:00Z"},
        "lastTimestamp": (NOW - ago).isoformat(),
        "reason": "FailedCreate",
        "message": message,
    }


def test_the_newest_refusal_is_told() -> None:
    events = [event("quota", timedelta(minutes=2)), event("policy", timedelta(minutes=1))]

    refusal = find_refusal("j-node-0", events, NOW)

    assert refusal is not None
    assert (refusal.kind, refusal.name, refusal.reason, refusal.message) == (
        "Pod",
        "j-node-0",
        "FailedCreate",
        "policy",
    )


@pytest.mark.parametrize("events", [[], [event("quota", timedelta(minutes=8))]], ids=["none", "not repeated"])
def test_nobody_refuses_pods_any_more(events: list[Body]) -> None:
    assert find_refusal("j-node-0", events, NOW) is None
