import pytest

from trainjob_contract.tune_run import Malformed, TuneRun, is_override, parse_tune_run

RUN = TuneRun((), "lora", "c", ("a=1",))


@pytest.mark.parametrize(
    ("line", "run"),
    [
        pytest.param("lora --config c", TuneRun((), "lora", "c", ()), id="the least"),
        pytest.param("lora --config c a=1", RUN, id="an override"),
        pytest.param("lora a=1 --config c", RUN, id="the config last"),
        pytest.param("lora a=1 ~b --config c d=2", TuneRun((), "lora", "c", ("a=1", "~b", "d=2")), id="both sides"),
        pytest.param("--nnodes=2 r --config c", TuneRun(("--nnodes=2",), "r", "c", ()), id="a flag"),
        pytest.param("--nnodes 2 r --config c", TuneRun(("--nnodes", "2"), "r", "c", ()), id="a flag's value"),
        pytest.param(
            "--nproc_per_node 2 --standalone --rdzv-id=7 lora --config c a=1",
            TuneRun(("--nproc_per_node", "2", "--standalone", "--rdzv-id=7"), "lora", "c", ("a=1",)),
            id="flags of all kinds",
        ),
        pytest.param("--no_python r --config c", TuneRun(("--no_python",), "r", "c", ()), id="with underscores"),
        pytest.param("-r3 -t 1 r --config c", TuneRun(("-r3", "-t", "1"), "r", "c", ()), id="a single letter"),
        pytest.param("--stand r --config c", TuneRun(("--stand",), "r", "c", ()), id="abbreviated"),
        pytest.param("my/recipe.py --config my.yaml", TuneRun((), "my/recipe.py", "my.yaml", ()), id="one's own"),
        pytest.param("$(R) --config $(C) $(A)", TuneRun((), "$(R)", "$(C)", ("$(A)",)), id="variables"),
        pytest.param("r --x --config c", TuneRun((), "r", "c", ("--x",)), id="an option of one's own recipe"),
    ],
)
def test_a_run_is_parsed_and_written_as_it_was(line: str, run: TuneRun) -> None:
    parsed = parse_tune_run(["tune", "run", *line.split()])

    assert parsed == run
    assert sorted(run.render()) == sorted(["tune", "run", *line.split()])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "tune",
        "tune ls",
        "tune cp llama3_2/1B .",
        "tune run --help",
        "tune run lora --config c --help",
        "sh -c tune run --config=c lora",
        "python x.py --config c",
    ],
)
def test_what_runs_nothing_is_left_alone(line: str) -> None:
    assert parse_tune_run(line.split()) is None


NO_RECIPE = "the command names no recipe"
NO_CONFIG = "the recipe r is given no configuration"
INLINE = ", because TorchTune does not read --config=c: --config is a word of its own, behind the recipe"
BEFORE = ", because TorchTune reads --config only behind the recipe, with a word after it"
REMEDY = "; the command has to be `tune run [TORCHRUN-OPTIONS] RECIPE --config CONFIG [KEY=VALUE ...]`"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", NO_RECIPE),
        ("--standalone", NO_RECIPE),
        ("a=1", NO_RECIPE),
        ("--config c", NO_RECIPE + BEFORE),
        ("--config=c", NO_RECIPE + INLINE),
        ("--nnodes=2 --config c", NO_RECIPE + BEFORE),
        ("r", NO_CONFIG),
        ("r --config", NO_CONFIG + BEFORE),
        ("r --config=c", NO_CONFIG + INLINE),
        ("--config=c r", NO_CONFIG + INLINE),
        ("--nproc_per_node 2 --config c r", NO_CONFIG + BEFORE),
        ("--nproc_per_node 2 --config=c r a=1", NO_CONFIG + INLINE),
    ],
)
def test_what_torchtune_refuses_is_malformed(line: str, message: str) -> None:
    assert parse_tune_run(["tune", "run", *line.split()]) == Malformed(message + REMEDY)


def test_an_override_may_be_added() -> None:
    assert RUN.with_override("b=2").render() == ("tune", "run", "lora", "--config", "c", "a=1", "b=2")


@pytest.mark.parametrize(
    ("flags", "value"),
    [
        ((), None),
        (("--nproc_per_node=2",), "2"),
        (("--nproc-per-node", "2"), "2"),
        (("--standalone", "--nproc_per_node", "2"), "2"),
        (("--nproc_per_node=2", "--nproc_per_node=3"), "3"),
        (("--nnodes", "--nproc_per_node"), None),
        (("-r3", "--nproc_per_node", "2"), "2"),
    ],
)
def test_the_value_of_a_flag(flags: tuple[str, ...], value: str | None) -> None:
    run = TuneRun(flags, "lora", "c", ())

    assert run.option("nproc_per_node") == value
    assert run.is_distributed is bool(flags)


@pytest.mark.parametrize(
    ("word", "is_set"), [("device=cpu", True), ("~device", True), ("device.x=1", False), ("devices=2", False)]
)
def test_overridden_keys(word: str, *, is_set: bool) -> None:
    assert TuneRun((), "lora", "c", (word,)).overrides_key("device") is is_set


@pytest.mark.parametrize(("word", "expected"), [("a=1", True), ("~a", True), ("--a=1", False), ("a", False)])
def test_overrides(word: str, *, expected: bool) -> None:
    assert is_override(word) is expected
