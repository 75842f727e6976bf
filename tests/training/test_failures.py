"""Runs that end badly, or are asked to end: exit code, termination message, and nothing left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.demo.follow import parse_loss
from tests.training.container import Container

SINGLE = ("full_finetune_single_device", "llama3_2/1B_full_single_device")
PAIR = ("full_finetune_distributed", "llama3_2/1B_full")
TWO = ("--nproc_per_node=2",)
FOREVER = ("epochs=1000", "gradient_accumulation_steps=1")


@pytest.mark.parametrize(
    ("recipe", "torchrun"), [pytest.param(SINGLE, (), id="one"), pytest.param(PAIR, TWO, id="two")]
)
def test_a_crash_is_told_with_its_cause_and_its_last_lines(
    container: Container, recipe: tuple[str, str], torchrun: tuple[str, ...]
) -> None:
    container = with_a_layer_missing(container)
    outcome = container.run(container.tiny(*recipe, "model.num_layers=3", torchrun=torchrun))
    sentence, *lines = outcome.termination.splitlines()

    assert outcome.code == 1
    failed = rf"The recipe {recipe[0]} failed( on rank [01])?: RuntimeError: Error\(s\) in loading state_dict for"
    assert re.match(failed, sentence), "\n".join(outcome.lines)
    assert 'Missing key(s) in state_dict: "layers.2.attn.q_proj.weight"' in sentence
    assert len(sentence) < 600
    assert outcome.lines[-1] == sentence
    assert any(line.startswith("RuntimeError: Error(s) in loading") for line in lines)
    assert len(outcome.termination.encode()) <= 4096


def with_a_layer_missing(container: Container) -> Container:
    """Have the model's config.json promise more than its weights hold."""
    folder = container.volume / "model"
    shutil.copytree(container.model, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    return replace(container, model=folder)


def test_a_recipe_of_the_users_own_keeps_its_exit_code(container: Container) -> None:
    (container.volume / "mine.py").write_text("import sys\nprint('Trying.')\nsys.exit(7)\n")
    outcome = container.run(["run", "mine", "--config", "anything"])

    assert outcome.code == 7
    assert outcome.termination.splitlines()[0] == "The recipe mine ended with exit code 7."
    assert outcome.termination.splitlines()[-1] == "Trying."


def test_a_recipe_that_is_killed_wants_memory(container: Container) -> None:
    """As the kernel does when a container's memory is used up: it kills the largest process, not the first one."""
    process = container.start(container.tiny(*SINGLE, *FOREVER))
    read_until_step(process)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    outcome = container.finish(process)

    assert outcome.code == 137
    assert outcome.termination.startswith("A process of the recipe full_finetune_single_device was killed (SIGKILL)")


@pytest.mark.parametrize(
    ("recipe", "torchrun"), [pytest.param(SINGLE, (), id="one"), pytest.param(PAIR, TWO, id="two")]
)
def test_sigterm_ends_everything(container: Container, recipe: tuple[str, str], torchrun: tuple[str, ...]) -> None:
    # Less than is usual, so that little of the 30 s goes into saving on a busy machine.
    container = replace(container, variables={"TRAINJOB_STOP_SECONDS": "5"})
    process = container.start(container.tiny(*recipe, *FOREVER, torchrun=torchrun))
    # The loss of a step is in the log while the run goes on.
    read_until_step(process)
    mark = f"output_dir={container.output}".encode()
    assert len(list(with_argument(mark))) > 1

    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    outcome = container.finish(process)

    assert time.monotonic() - began < 30, "the kubelet would have killed it"
    assert outcome.code == 143
    goes_on = r"\.|; it goes on from step \d+ when it starts again\."
    assert re.fullmatch(rf"The recipe {recipe[0]} was stopped by SIGTERM({goes_on})", outcome.termination)
    assert list(with_argument(mark)) == []


def test_sigterm_during_the_checks(container: Container) -> None:
    """The kernel ignores it for a container's first process, unless there is a handler."""
    process = container.start(container.tiny(*SINGLE))
    while not catches(process.pid, signal.SIGTERM):
        time.sleep(0.01)

    process.send_signal(signal.SIGTERM)

    assert container.finish(process).code == 143


def catches(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught & 1 << number - 1)


def read_until_step(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if parse_loss(line):
            return
    raise AssertionError("".join(said))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def with_argument(word: bytes) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word in (folder / "cmdline").read_bytes().split(b"\0"):
                yield int(folder.name)
