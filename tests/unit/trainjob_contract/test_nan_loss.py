"""How the setting is read, and how a trainer tells that its loss was no number."""

import pytest

from trainjob_contract.nan_loss import DEFAULT, read_nan_steps, tells_of_nan


@pytest.mark.parametrize(
    ("environment", "steps"),
    [
        ({}, DEFAULT),
        ({"TRAINJOB_NAN_STEPS": ""}, DEFAULT),
        ({"TRAINJOB_NAN_STEPS": " 3 "}, 3),
        ({"TRAINJOB_NAN_STEPS": "1"}, 1),
        ({"TRAINJOB_NAN_STEPS": "off"}, None),
        ({"TRAINJOB_NAN_STEPS": "Off"}, None),
    ],
)
def test_steps(environment: dict[str, str], steps: int | None) -> None:
    assert read_nan_steps(environment) == steps


@pytest.mark.parametrize("text", ["0", "-1", "3.5", "never", "true", "1e2", "٣"])
def test_what_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"TRAINJOB_NAN_STEPS is '.*'; it has to be a whole number, 1 or more, or off"):
        read_nan_steps({"TRAINJOB_NAN_STEPS": text})


@pytest.mark.parametrize("character", "x9")
def test_a_long_value_is_cut(character: str) -> None:
    with pytest.raises(ValueError, match=r"^TRAINJOB_NAN_STEPS is '") as raised:
        read_nan_steps({"TRAINJOB_NAN_STEPS": character * 10_000})

    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    ("exit_code", "message", "is_nan"),
    [
        (24, "The loss was nan for 10 steps, since step 3.", True),
        (24, "unexpected\n", False),
        (1, "The loss was nan for 10 steps, since step 3.", False),
    ],
)
def test_who_tells_of_it(exit_code: int, message: str, is_nan: bool) -> None:
    assert tells_of_nan(exit_code, message) is is_nan
