"""Which steps train together."""

from collections.abc import Sequence

import pytest
from tests.factories.objects import Body, runtime_body

from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.reconciler.rules.group import failure_policy_of, group_of


def runtime_and(*further: Body, awaited: Sequence[str] = ()) -> Body:
    """Give a runtime with further steps before the trainer, for some of which it waits."""
    body = runtime_body()
    steps = body["spec"]["template"]["spec"]["replicatedJobs"]
    steps[-1]["dependsOn"] += [{"name": name, "status": "Complete"} for name in awaited]
    pods = {"spec": {"template": {"spec": {"containers": [{"name": "x", "image": "x:1"}]}}}}
    steps[-1:-1] = [{**step, "template": pods} for step in further]
    return body


@pytest.mark.parametrize(
    ("runtime", "group"),
    [
        pytest.param(runtime_body(), {"node"}, id="initializers prepare"),
        pytest.param(runtime_and({"name": "teacher"}, awaited=["teacher"]), {"node"}, id="what the trainer waits for"),
        pytest.param(
            runtime_and(
                {"name": "first"},
                {"name": "second", "dependsOn": [{"name": "first", "status": "Complete"}]},
                awaited=["second"],
            ),
            {"node"},
            id="what that waits for",
        ),
        pytest.param(runtime_and({"name": "server"}), {"node", "server"}, id="what runs beside it"),
    ],
)
def test_who_trains_together(runtime: Body, group: set[str]) -> None:
    assert group_of(parse_runtime(runtime)) == group


def test_a_runtime_that_says_nothing_has_no_policy() -> None:
    assert failure_policy_of(None) is None
    assert failure_policy_of(parse_runtime(runtime_body())) is None
