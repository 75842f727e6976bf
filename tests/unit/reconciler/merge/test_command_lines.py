"""Command lines that TorchTune would refuse in the pod are refused before, and no others."""

import pytest
from tests.factories.objects import LLAMA, rejected, resolved, runtime_body, runtime_with, trainjob

from trainjob_operator.api.runtime import parse_runtime

TUNE_RUN = ["tune", "run"]
RUNTIME = parse_runtime(runtime_body(LLAMA))


@pytest.mark.parametrize(
    ("trainer", "words"),
    [
        ({"command": [*TUNE_RUN, "r", "--config=c"]}, "does not read --config=c: --config is a word of its own"),
        ({"command": TUNE_RUN, "args": ["r", "--config=c"]}, "does not read --config=c: --config is a word of its own"),
        ({"command": [*TUNE_RUN, "--nproc_per_node", "2", "--config", "c", "r"]}, "only behind the recipe"),
        ({"command": TUNE_RUN, "args": ["--nproc_per_node", "2", "--config", "c", "r"]}, "only behind the recipe"),
        ({"command": TUNE_RUN, "args": ["epochs=2", "--config", "c"]}, "the command names no recipe"),
        ({"command": [*TUNE_RUN, "r"], "args": ["epochs=2"]}, "the recipe r is given no configuration"),
    ],
)
def test_it_is_refused_with_the_remedy(trainer: dict[str, object], words: str) -> None:
    message = rejected(trainjob(trainer=trainer), RUNTIME).message

    assert words in message
    assert "the command has to be `tune run [TORCHRUN-OPTIONS] RECIPE --config CONFIG [KEY=VALUE ...]`" in message


@pytest.mark.parametrize(
    "trainer",
    [
        {"command": TUNE_RUN, "args": ["epochs=2", "~seed"]},
        {"command": TUNE_RUN, "args": ["r", "--config", "c"]},
        {"command": [*TUNE_RUN, "r"], "args": ["epochs=2", "--config", "c"]},
        {"command": [*TUNE_RUN, "--stand", "-r3", "my/recipe.py", "--config", "my.yaml"]},
        {"command": [*TUNE_RUN, "r", "--config", "c", "--help"]},
        {"command": ["tune", "ls"]},
        {"command": ["sh", "-c", "tune run r --config=c"]},
        {"command": ["python", "train.py", "--config=c"]},
        {"args": ["--config=c"], "command": ["my-tune", "run"]},
    ],
)
def test_it_is_taken(trainer: dict[str, object]) -> None:
    resolved(trainjob(trainer=trainer), RUNTIME)


def test_a_runtimes_own_is_told_of_by_its_name() -> None:
    runtime = runtime_with(node={"command": [*TUNE_RUN, "r", "--config=c"]})

    message = rejected(trainjob(), runtime).message

    assert message.startswith(f"spec.trainer: runtime {LLAMA}: the recipe r is given no configuration")
