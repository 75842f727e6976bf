"""Arguments that take the place of a shell's script, or that it never reads."""

import pytest
from tests.factories.objects import Body, rejected, resolved, runtime_with, trainjob
from tests.factories.requests import created

SCRIPT = "tune run full_finetune_single_device --config llama3_2/1B_full_single_device"
AS_SCRIPT = "spec.trainer.args: the command is a shell, of which the first argument is the script"
UNREAD = "spec.trainer.args: the command is a shell with a script that reads no arguments"
NAME = "spec.trainer.args: the command is a shell with a script, of which the first argument is the name ($0)"


@pytest.mark.parametrize(
    ("node", "args", "message"),
    [
        ({"command": ["sh", "-c"], "args": [SCRIPT]}, ["epochs=2"], AS_SCRIPT),
        ({"command": ["/bin/bash", "-euo", "pipefail", "-c"], "args": [SCRIPT]}, ["optimizer.lr=1e-4"], AS_SCRIPT),
        ({"command": ["/usr/bin/env", "bash", "-lc"], "args": [SCRIPT]}, ["epochs=2", "batch_size=1"], AS_SCRIPT),
        ({"command": ["sh", "-c"], "args": [SCRIPT]}, ['dataset.column_map={"input": "q"}'], AS_SCRIPT),
        ({"command": ["tini", "--", "sh", "-c", "--"], "args": [SCRIPT]}, ["epochs=2"], AS_SCRIPT),
        ({"command": ["sh", "-c", SCRIPT]}, ["epochs=2"], UNREAD),
        ({"command": ["sh", "-c", SCRIPT]}, ["--", "epochs=2"], UNREAD),
        ({"command": ["sh", "-c", f'{SCRIPT} "$@"']}, ["epochs=2"], NAME),
    ],
)
def test_refused(node: Body, args: list[str], message: str) -> None:
    runtime = runtime_with(node=node)

    assert rejected(trainjob(trainer={"args": args}), runtime).message.startswith(message)
    assert created(runtime=runtime, trainer={"args": args}).message.startswith(message)


def test_a_shell_of_the_trainjob_s_own() -> None:
    trainer = {"command": ["bash", "-c"], "args": ["epochs=2"]}

    assert rejected(trainjob(trainer=trainer), runtime_with()).message.startswith(AS_SCRIPT)


@pytest.mark.parametrize(
    ("command", "args"),
    [
        pytest.param(["sh", "-c"], ["EPOCHS=2 python train.py"], id="a script that sets a variable"),
        pytest.param(["sh", "-c"], ["train"], id="a program"),
        pytest.param(["sh", "-c"], ["set -e; epochs=2; . ./train.sh"], id="a longer script"),
        pytest.param(["sh", "-c"], ["log=$(./train.sh)"], id="a substitution"),
        pytest.param(["sh", "-c", 'tune run x "$@"'], ["--", "epochs=2"], id="arguments that are read"),
        pytest.param(["sh", "-c", 'tune run x "$0" "$@"'], ["epochs=2", "lr=1"], id="all that are read"),
        pytest.param(["sh", "-c", "for a; do shift; done"], ["x", "a=1"], id="arguments that are shifted"),
        pytest.param(["sh", "-c", "exec train"], ["trainer"], id="a name alone"),
        pytest.param(["bash", "train.sh"], ["epochs=2"], id="a file"),
        pytest.param(["bash"], ["-c", "tune run x"], id="a command in the arguments"),
        pytest.param(["python", "-c", "import train"], ["epochs=2"], id="no shell"),
    ],
)
def test_unusual_and_well(command: list[str], args: list[str]) -> None:
    assert resolved(trainjob(trainer={"command": command, "args": args})).name == "j"


def test_a_runtime_s_script_stays_where_no_arguments_are_given() -> None:
    runtime = runtime_with(node={"command": ["sh", "-c"], "args": [SCRIPT]})

    assert resolved(trainjob(trainer={"numNodes": 1}), runtime).name == "j"
