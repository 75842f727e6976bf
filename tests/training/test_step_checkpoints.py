"""A training that is killed goes on where it was saved, and comes to the very numbers of one that was not."""

import hashlib
import os
import re
import resource
import shutil
import signal
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.devcluster.port import Port
from tests.models import store
from tests.training.conftest import Trained
from tests.training.container import Container, tiny_container
from tests.training.methods import CASES
from tests.training.rendered import render
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
    assert steps(container) == steps(whole)
    assert weights(container) == weights(whole)
    assert not (container.output / "steps").exists(), "nobody goes on from a step of a training that is done"


@pytest.mark.parametrize("name", METHODS)
def test_a_killed_training_goes_on_bitwise(
    train: Callable[[str], Trained], name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole, _ = train(name)
    others = {"reward/model": store.tiny() / "reward"}
    if name == "KD":
        others["teacher/model"] = train("full")[0].output / "epoch_0"
    container, words = render(CASES[name].tiny, tmp_path_factory.mktemp("killed"), others)
    container = replace(container, variables=container.variables | EACH_STEP)

    kill_after_checkpoints(container, words, 3)

    assert_it_goes_on(container, words, whole)


def test_two_processes_go_on_bitwise(pair: Trained, tmp_path: Path) -> None:
    whole, _ = pair
    container = tiny_container(tmp_path / "killed")
    container = replace(container, variables=whole.variables | EACH_STEP)
    with closing(Port("localhost")) as port:
        words = container.tiny(
            "full_finetune_distributed",
            "llama3_2/1B_full",
            "optimizer.lr=1e-3",
            "gradient_accumulation_steps=1",
            torchrun=(f"--rdzv_endpoint=localhost:{port.number}",),
        )
        kill_after_checkpoints(container, words, 3)

        assert_it_goes_on(container, words, whole)


def test_it_stops_in_order_and_another_model_does_not_go_on_from_it(container: Container) -> None:
    model = Path(shutil.copytree(container.model, container.volume / "model"))
    saving = replace(container, model=model, variables={"TRAINJOB_STOP_SECONDS": "300"})
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

    weights = model / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(weights.stat().st_size // 2)
        file.write(bytes(1000))
    outcome = saving.run(saving.tiny(*LORA, "epochs=1", "gradient_accumulation_steps=1"))

    assert outcome.code == 0, "\n".join(outcome.lines)
    [line] = [line for line in outcome.lines if line.startswith("Not going on from the checkpoint of step")]
    assert f", but from the start: the content of {weights} was " in line
    assert (saving.output / "epoch_0").exists()
    assert not (saving.output / "steps").exists()


def test_a_checkpoint_that_cannot_be_written_costs_a_warning(container: Container) -> None:
    container = replace(container, variables={"TRAINJOB_CHECKPOINT_STEPS": "4"})
    container.output.mkdir()
    (container.output / "steps").write_text("a file, where a folder should be")
    outcome = container.run(container.tiny(*LORA, "max_steps_per_epoch=6", "gradient_accumulation_steps=1"))

    assert outcome.code == 0, "\n".join(outcome.lines)
    [warning] = [line for line in outcome.lines if line.startswith("Warning: Step")]
    assert warning.startswith("Warning: Step 4: no checkpoint, there is none yet: ")


def test_a_volume_that_is_full_costs_one_warning(container: Container) -> None:
    """The limit of a file's size stands for the volume: weights are below it, those with an optimizer's state above."""
    container = replace(container, variables={"TRAINJOB_CHECKPOINT_STEPS": "1"})
    words = ("full_finetune_single_device", "llama3_2/1B_full_single_device", "optimizer=torch.optim.AdamW")
    more = ("optimizer_in_bwd=False", "gradient_accumulation_steps=1", "max_steps_per_epoch=4")
    process = container.start(container.tiny(*words, *more))
    limit = 2 * sum(path.stat().st_size for path in container.model.glob("*.safetensors"))
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    outcome = container.finish(process)

    assert outcome.code == 0, "\n".join(outcome.lines)
    [warning] = [line for line in outcome.lines if line.startswith("Warning: Step")]
    assert re.match(r"Warning: Step 1: no checkpoint, there is none yet: .*(File too large|as where a volume is full)", warning)
    assert len(container.losses) == 4
    assert weights(container)
