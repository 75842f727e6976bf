import pytest

from trainjob_operator.torchtune.arguments import is_true, key_of, value_of


def test_the_last_override_of_a_key_counts_and_bytes_are_not_touched() -> None:
    arguments = ["a=1", "dataset.new_system_prompt=x: y = {z}", "a=2", "a"]

    assert value_of(arguments, "a") == "2"
    assert value_of(arguments, "b") is None
    assert value_of(arguments, "dataset.new_system_prompt") == "x: y = {z}"
    assert [key_of(argument) for argument in arguments] == ["a", "dataset.new_system_prompt", "a", "a"]


@pytest.mark.parametrize(("text", "expected"), [("True", True), ("true", True), ("False", False), ("1", False)])
def test_truth_has_any_case(text: str, expected: bool) -> None:
    assert is_true([f"a={text}"], "a") is expected
