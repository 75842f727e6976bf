"""TrainJobs of namespaces that this operator does not serve."""

import pytest
from tests.factories.requests import Body, body, creation, update

from trainjob_operator.admission.review import Request, pass_unserved


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(creation(body()), id="new"),
        pytest.param(creation(body(trainer={"numNodes": -1})), id="our rules do not hold there"),
        pytest.param(update(body(suspend=True), body()), id="resumed"),
    ],
)
def test_they_pass_and_are_told_so(request_: Request) -> None:
    answer = pass_unserved(request_, "team")

    assert answer.allowed
    [warning] = answer.warnings
    assert warning.startswith("namespace team is not among those that trainjob-operator serves here")


@pytest.mark.parametrize(
    "old",
    [pytest.param(body(), id="nothing specified changes")],
)
def test_nothing_is_said_of_what_changes_nothing(old: Body) -> None:
    assert pass_unserved(update(old, old), "team").warnings == ()
