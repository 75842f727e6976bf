import pytest

from trainjob_torchtune.run.commandline import Run, parse
from trainjob_torchtune.violation import Violation

RUN = Run(torchrun=(), recipe="lora", config="llama3_2/1B", overrides=("batch_size=2",))


@pytest.mark.parametrize(
    ("line", "run"),
    [
        pytest.param("run lora --config llama3_2/1B batch_size=2", RUN, id="single-device"),
        pytest.param("run lora batch_size=2 --config llama3_2/1B", RUN, id="config-last"),
        pytest.param(
            "run --nproc_per_node 2 --standalone --rdzv-id=7 lora --config c a=1 ~b",
            Run(("--nproc_per_node", "2", "--standalone", "--rdzv-id=7"), "lora", "c", ("a=1", "~b")),
            id="torchrun",
        ),
        pytest.param("run --no_python r --config c", Run(("--no_python",), "r", "c", ()), id="flag-with-underscore"),
    ],
)
def test_a_run_is_taken_apart(line: str, run: Run) -> None:
    assert parse(line.split()) == run


@pytest.mark.parametrize("line", ["", "ls", "cp llama3_2/1B .", "run --help", "run lora --config c --help"])
def test_what_runs_nothing_is_torchtunes(line: str) -> None:
    assert parse(line.split()) is None


@pytest.mark.parametrize("line", ["run", "run --standalone", "run lora", "run lora --config", "run --config c"])
def test_an_incomplete_run_is_refused(line: str) -> None:
    assert isinstance(parse(line.split()), Violation)


def test_arguments_are_put_together_again() -> None:
    words = ["run", "--nnodes=2", "lora", "--config", "c", "a=1"]
    run = parse(words)

    assert isinstance(run, Run)
    assert run.arguments() == words
    assert run.with_override("b=2").arguments() == [*words, "b=2"]


@pytest.mark.parametrize(
    ("torchrun", "value"),
    [
        ((), None),
        (("--nproc_per_node=2",), "2"),
        (("--nproc-per-node", "2"), "2"),
        (("--standalone", "--nproc_per_node", "2"), "2"),
        (("--nproc_per_node=2", "--nproc_per_node=3"), "3"),
        (("--nnodes", "--nproc_per_node"), None),
    ],
)
def test_options_of_torchrun(torchrun: tuple[str, ...], value: str | None) -> None:
    run = Run(torchrun, "lora", "c", ())

    assert run.option("nproc_per_node") == value
    assert run.is_distributed is bool(torchrun)


@pytest.mark.parametrize(
    ("word", "is_set"), [("device=cpu", True), ("~device", True), ("device.x=1", False), ("devices=2", False)]
)
def test_overridden_keys(word: str, *, is_set: bool) -> None:
    assert Run((), "lora", "c", (word,)).overrides_key("device") is is_set
