"""Settings of the trainer image that it would refuse once it runs."""

from typing import Any

import pytest
from tests.factories.objects import container_of, env_of, rejected, resolved, runtime_with, trainjob

from trainjob_operator.api.conditions import Reason

NAME = "TRAINJOB_NAN_STEPS"


def test_a_setting_that_cannot_be_read_is_refused() -> None:
    result = rejected(trainjob(trainer={"env": [{"name": NAME, "value": "often"}]}), runtime_with())

    assert result.reason is Reason.INVALID_SPEC
    assert result.message == (
        "spec.trainer.env: TRAINJOB_NAN_STEPS is 'often'; it has to be a whole number, 1 or more, or off"
    )


def test_one_of_the_runtime_is_told_of_as_such() -> None:
    runtime = runtime_with(node={"env": [{"name": NAME, "value": "0"}]})

    assert rejected(trainjob(), runtime).message.startswith("spec.runtimeRef: TRAINJOB_NAN_STEPS is '0'; it has")


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"value": "3"}, id="a number"),
        pytest.param({"value": "OFF"}, id="off"),
        pytest.param({"value": ""}, id="empty"),
        pytest.param({"value": "$(STEPS)"}, id="a reference"),
        pytest.param({"valueFrom": {"configMapKeyRef": {"name": "settings", "key": "steps"}}}, id="from elsewhere"),
    ],
)
def test_others_are_handed_over(entry: dict[str, Any]) -> None:
    result = resolved(trainjob(trainer={"env": [{"name": NAME, **entry}]}), runtime_with())

    assert env_of(container_of(result))[NAME] == entry.get("value")


def test_other_programs_may_mean_something_else() -> None:
    trainer = {"command": ["python", "mine.py"], "env": [{"name": NAME, "value": "often"}]}

    assert env_of(container_of(resolved(trainjob(trainer=trainer), runtime_with())))[NAME] == "often"
