import pytest

from trainjob_operator.torchtune.arguments import (
    TuneRun,
    is_true,
    key_of,
    parse_tune_run,
    value_of,
)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("tune run r --config c", TuneRun((), "r", "c", ()), id="the least"),
        pytest.param("tune run r --config=c a=1", TuneRun((), "r", "c", ("a=1",)), id="config with an equals sign"),
        pytest.param("tune run --nnodes=2 r --config c", TuneRun(("--nnodes=2",), "r", "c", ()), id="a flag"),
        pytest.param("tune run --nnodes 2 r --config c", TuneRun(("--nnodes", "2"), "r", "c", ()), id="a flag's value"),
        pytest.param("tune run r a=1 ~b --config c d=2", TuneRun((), "r", "c", ("a=1", "~b", "d=2")), id="both sides"),
        pytest.param("tune run", None, id="bare"),
        pytest.param("tune run r", None, id="no config"),
        pytest.param("tune run --config c", None, id="no recipe"),
        pytest.param("tune run --nnodes=2 --config c", None, id="a flag is no recipe"),
        pytest.param("tune run a=1 --config c", None, id="an override is no recipe"),
        pytest.param("tune run r --config", None, id="config without a value"),
        pytest.param("python x.py --config c", None, id="another program"),
    ],
)
def test_parse(command: str, expected: TuneRun | None) -> None:
    assert parse_tune_run(command.split()) == expected


def test_render_is_what_was_parsed() -> None:
    command = ["tune", "run", "--rdzv_endpoint=localhost:29500", "full", "--config", "llama3_2/1B_full", "a=1", "b=2"]
    parsed = parse_tune_run(command)

    assert parsed is not None
    assert parsed.render() == tuple(command)


def test_the_last_override_of_a_key_counts_and_bytes_are_not_touched() -> None:
    arguments = ["a=1", "dataset.new_system_prompt=x: y = {z}", "a=2", "a"]

    assert value_of(arguments, "a") == "2"
    assert value_of(arguments, "b") is None
    assert value_of(arguments, "dataset.new_system_prompt") == "x: y = {z}"
    assert [key_of(argument) for argument in arguments] == ["a", "dataset.new_system_prompt", "a", "a"]


@pytest.mark.parametrize(("text", "expected"), [("True", True), ("true", True), ("False", False), ("1", False)])
def test_truth_has_any_case(text: str, expected: bool) -> None:
    assert is_true([f"a={text}"], "a") is expected
