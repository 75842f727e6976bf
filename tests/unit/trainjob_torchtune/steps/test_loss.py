"""A loss that is no number: told of at once, the end when it stays so."""

import math

import pytest

from trainjob_torchtune.steps.loss import LossWatch, NotANumberError


def watch(patience: int | None) -> tuple[LossWatch, list[str]]:
    said: list[str] = []
    return LossWatch(patience, said.append), said


def test_numbers_are_nothing_to_tell_of() -> None:
    loss, said = watch(1)
    for step in range(1, 5):
        loss.see(step, 1.0 / step)
    loss.end()

    assert said == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_too_many_in_a_row_end_the_training(value: float) -> None:
    loss, said = watch(3)
    loss.see(1, 2.0)
    loss.see(2, value)
    loss.see(3, value)
    with pytest.raises(NotANumberError, match=rf"^The loss was {value} for 3 steps, since step 2\. The weights"):
        loss.see(4, value)

    assert said == [f"Warning: Step 2: the loss is {value}; if it stays so for 3 steps, the training ends."]


def test_a_number_between_begins_anew() -> None:
    loss, said = watch(2)
    for step in range(1, 9):
        loss.see(step, math.nan if step % 2 else 1.0)
    loss.end()

    assert said[:2] == [
        "Warning: Step 1: the loss is nan; if it stays so for 2 steps, the training ends.",
        "Step 2: the loss is a number again.",
    ]


def test_a_training_whose_last_step_had_none_did_not_succeed() -> None:
    loss, _ = watch(10)
    loss.see(7, 1.0)
    loss.see(8, math.nan)

    with pytest.raises(NotANumberError, match=r"^The loss was nan at step 8\. "):
        loss.end()


def test_off_is_off() -> None:
    loss, said = watch(None)
    for step in range(1, 100):
        loss.see(step, math.nan)
    loss.end()

    assert said == ["Warning: Step 1: the loss is nan."]
