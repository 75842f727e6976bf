"""Beside tests/training/test_rows.py, which compares with TorchTune itself."""

import pytest

from trainjob_torchtune.preflight.data.conversation import judge, letter_of


@pytest.mark.parametrize("letters", ["ua", "sua", "suaua", "uao", "uaoua"])
def test_conversations(letters: str) -> None:
    assert judge(letters, is_validated=True, has_system=False) is None


@pytest.mark.parametrize("letters", ["", "u", "uu", "aa", "au", "usa", "uaa", "un", "ut", "ur", "ux", "uaoa"])
def test_what_is_none(letters: str) -> None:
    assert judge(letters, is_validated=True, has_system=False) is not None


def test_a_system_prompt_takes_the_place_of_others() -> None:
    assert judge("usa", is_validated=True, has_system=True) is None
    assert judge("u", is_validated=True, has_system=True) is None


def test_preferences_are_not_ordered() -> None:
    assert judge("aa", is_validated=False, has_system=False) is None
    assert judge("an", is_validated=False, has_system=False) == "turn 2 of its conversation has no content (null)"


@pytest.mark.parametrize(
    ("role", "style", "letter"),
    [("tool", "openai", "o"), ("tool", "sharegpt", "x"), ("gpt", "sharegpt", "a"), (None, "openai", "r")],
)
def test_roles(role: str | None, style: str, letter: str) -> None:
    assert letter_of(role, style) == letter
