"""A training that is killed goes on where it was saved, and comes to the very numbers of one that was not."""

import hashlib
import os
import re
import signal
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.devcluster.port import Port
from tests.training.conftest import Trained, pair_words, place
from tests.training.container import Container, tiny_container
from tests.training.test_failures import with_argument

METHODS = ("full", "LoRA", "QLoRA", "DoRA", "DPO", "LoRA-DPO", "KD", "QAT", "PPO")
EACH_STEP = {"TRAINJOB_CHECKPOINT_STEPS": "1"}
LORA = ("lora_finetune_single_device", "llama3_2/1B_lora_single_device")
_SAVED = re.compile(r"Checkpoint of step (\d+): ")
_STEP = re.compile(r"Step (\d+) \|")
_VALUE = re.compile(r"(\w+):(\S+)")
# Of a step that is trained twice these are other numbers.
_OF_THE_MACHINE = ("tokens_per_second", "peak_memory")


def steps(container: Container) -> Mapping[int, set[tuple[tuple[str, str], ...]]]:
    """Return all that was logged of each step, whenever it was trained."""
    found = defaultdict(set)
    for line in (container.output / "logs" / "train.log").read_text().splitlines():
        if number := _STEP.match(line):
            values = (value for value in _VALUE.findall(line) if not value[0].startswith(_OF_THE_MACHINE))
            found[int(number[1])].add(tuple(values))
    return found


def weights(container: Container) -> Mapping[str, str]:
    files = sorted(container.output.rglob("epoch_*/*.safetensors"))
    assert files
    return {str(path.relative_to(container.output)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def kill_after_checkpoints(container: Container, words: list[str], count: int) -> None:
    """Kill all processes of a training that has been saved so often."""
    process = container.start(words)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if sum(_SAVED.match(line) is not None for line in said) == count:
            break
    else:
        raise AssertionError("".join(said))
    process.kill()
    for pid in with_argument(f"output_dir={container.output}".encode()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate()


def assert_it_goes_on(container: Container, words: list[str], whole: Container) -> None:
    outcome = container.run(words)

    assert outcome.code == 0, "\n".join(outcome.lines)
    assert [line for line in outcome.lines if line.startswith("Going on from the checkpoint of step ")]
    assert not [line for line in outcome.lines if "torch.distributed is disabled" in line]
    assert steps(container) == steps(whole)
    assert weights(container) == weights(whole)
    assert not (container.output / "steps").exists(), "nobody goes on from a step of a training that is done"


@pytest.mark.parametrize("name", METHODS)
def test_a_killed_training_goes_on_bitwise(
    train: Callable[[str], Trained], name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole, _ = train(name)
    container, words = place(name, tmp_path_factory.mktemp("killed"), train)
    container = replace(container, variables=container.variables | EACH_STEP)

    kill_after_checkpoints(container, words, 3)

    assert_it_goes_on(container, words, whole)


def test_two_processes_go_on_bitwise(pair: Trained, tmp_path: Path) -> None:
    whole, _ = pair
    container = tiny_container(tmp_path / "killed")
    container = replace(container, variables=whole.variables | EACH_STEP)
    with closing(Port("localhost")) as port:
        words = pair_words(container, port.number)
        kill_after_checkpoints(container, words, 3)

        assert_it_goes_on(container, words, whole)


def test_it_stops_in_order_and_another_training_does_not_go_on_from_it(container: Container) -> None:
    saving = replace(container, variables={"TRAINJOB_STOP_SECONDS": "300"})
    process = saving.start(saving.tiny(*LORA, "epochs=1000", "gradient_accumulation_steps=1"))
    assert process.stdout is not None
    assert any("|Loss: " in line for line in process.stdout)
    process.send_signal(signal.SIGTERM)
    outcome = saving.finish(process)

    assert outcome.code == 143, "\n".join(outcome.lines)
    told = re.fullmatch(
        rf"The recipe {LORA[0]} was stopped by SIGTERM; it goes on from step (\d+) .*", outcome.termination
    )
    assert told, outcome.termination
    assert [path.name for path in (container.output / "steps").iterdir()] == [f"step-{int(told[1]):08}"]

    outcome = container.run(container.tiny(*LORA, "optimizer.lr=1e-5", "max_steps_per_epoch=2"))

    assert outcome.code == 0, "\n".join(outcome.lines)
    [line] = [line for line in outcome.lines if line.startswith("Not going on from the checkpoint of step")]
    assert ", which is removed, but from the start: " in line
    assert "optimizer.lr was " in line


def test_a_checkpoint_that_cannot_be_written_costs_a_warning(container: Container) -> None:
    container = replace(container, variables={"TRAINJOB_CHECKPOINT_STEPS": "4"})
    container.output.mkdir()
    (container.output / "steps").write_text("a file, where a folder should be")
    outcome = container.run(container.tiny(*LORA, "max_steps_per_epoch=6", "gradient_accumulation_steps=1"))

    assert outcome.code == 0, "\n".join(outcome.lines)
    [warning] = [line for line in outcome.lines if line.startswith("Warning: Step")]
    assert warning.startswith("Warning: Step 4: no checkpoint, there is none yet: ")
