"""Native side-cars: the evidence of a failure is that of the container that does the work."""

import pytest
from tests.factories.bodies import Body, container, ended, pod

from trainjob_operator.controller.cache.summaries import summarize_pod


def failed(*names: str, policy: str | None = "Always") -> Body:
    """Return a pod whose init container ended first, and then its own, if they are named."""
    first = container("logs", terminated=ended(1, at="2026-01-01T12:00:01Z"))
    last = container("node", terminated=ended(20, at="2026-01-01T12:00:09Z"))
    seen = {
        "initContainerStatuses": [first] if "logs" in names else [],
        "containerStatuses": [last] if "node" in names else [],
    }
    body = pod({"phase": "Failed", **seen})
    body["spec"]["initContainers"] = [{"name": "logs"} | ({"restartPolicy": policy} if policy else {})]
    return body


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        pytest.param(failed("logs", "node"), "node", id="a side-car that ended first"),
        pytest.param(failed("logs"), "logs", id="a side-car alone"),
        pytest.param(failed("logs", "node", policy=None), "logs", id="a plain init container"),
    ],
)
def test_who_is_to_blame(body: Body, blamed: str) -> None:
    end = summarize_pod(body).exit

    assert end is not None
    assert end.container == blamed
