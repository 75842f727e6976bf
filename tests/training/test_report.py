"""What a training reports while TorchTune really trains, and that nobody who does not answer disturbs it."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.devcluster.port import Port
from tests.factories.report_server import ReportServer
from tests.training.container import Container, tiny_container
from tests.training.test_step_checkpoints import kill_after_checkpoints

LORA = ("lora_finetune_single_device", "llama3_2/1B_lora_single_device")
BRIEF = ("gradient_accumulation_steps=1", "max_steps_per_epoch=6", "epochs=2")
STEPS = 12


@pytest.fixture
def there(tmp_path: Path) -> Iterator[ReportServer]:
    with ReportServer(tmp_path) as server:
        yield server


def last(there: ReportServer) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, float]]:
    content = there.received[-1].content
    trainer = content["trainerStatus"]
    return trainer, content["progress"], {one["name"]: float(one["value"]) for one in trainer["metrics"]}


def test_a_training_tells_how_far_it_is(container: Container, there: ReportServer) -> None:
    container = replace(container, variables=there.environment | {"TRAINJOB_CHECKPOINT_STEPS": "4"})

    outcome = container.run(container.tiny(*LORA, *BRIEF))

    assert outcome.code == 0, "\n".join(outcome.lines)
    phases = [one.content["progress"]["phase"] for one in there.received]
    assert (phases[0], phases[-1]) == ("setup", "done")
    trainer, progress, metrics = last(there)
    assert (trainer["progressPercentage"], trainer["estimatedRemainingSeconds"]) == (100, 0)
    assert {name: progress[name] for name in ("step", "steps", "epoch", "epochs")} == {
        "step": STEPS,
        "steps": STEPS,
        "epoch": 2,
        "epochs": 2,
    }
    assert progress["checkpoint"]["step"] in {4, 8, 12}
    assert [point["step"] for point in progress["curve"]] == list(range(1, STEPS + 1))
    assert [float(point["loss"]) for point in progress["curve"]] == pytest.approx(container.losses, rel=1e-5)
    assert metrics.keys() == {"loss", "learning_rate", "tokens_per_second", "step", "epoch", "seconds_per_step"}
    assert metrics["loss"] == pytest.approx(container.losses[-1], rel=1e-5)
    assert metrics["learning_rate"] == pytest.approx(container.logged[-1]["lr"], rel=1e-5)


def test_two_processes_report_once_and_a_curve_goes_on_after_a_kill(there: ReportServer, tmp_path: Path) -> None:
    container = tiny_container(tmp_path / "volume", PET_NPROC_PER_NODE="auto", TRAINJOB_ACCELERATORS_PER_NODE="2")
    saving = container.variables | there.environment | {"TRAINJOB_CHECKPOINT_STEPS": "1"}
    container = replace(container, variables=saving)
    with closing(Port("localhost")) as port:
        words = container.tiny(
            "full_finetune_distributed",
            "llama3_2/1B_full",
            *BRIEF,
            torchrun=(f"--rdzv_endpoint=localhost:{port.number}",),
        )
        kill_after_checkpoints(container, words, 3)
        outcome = container.run(words)

    assert outcome.code == 0, "\n".join(outcome.lines)
    phases = [one.content["progress"]["phase"] for one in there.received]
    assert (phases.count("setup"), phases.count("done")) == (2, 1)
    _, progress, _ = last(there)
    assert progress["resumedFromStep"] >= 3
    assert [point["step"] for point in progress["curve"]] == list(range(1, STEPS + 1))


def test_an_operator_that_does_not_answer_costs_a_line(container: Container, there: ReportServer) -> None:
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        nobody = there.environment | {"KUBEFLOW_TRAINER_SERVER_URL": f"https://localhost:{bound.getsockname()[1]}/"}
        outcome = replace(container, variables=nobody).run(container.tiny(*LORA, *BRIEF))

    assert outcome.code == 0, "\n".join(outcome.lines)
    [warning] = [line for line in outcome.lines if line.startswith("Warning: Progress")]
    assert warning.startswith("Warning: Progress cannot be reported for now; training goes on: ConnectionRefusedError")
    assert len(container.losses) == STEPS
