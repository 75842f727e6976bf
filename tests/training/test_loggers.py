"""The metric loggers whose packages the image has work, and what servers read lies beside the result."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.devcluster import torch_environment
from tests.training.container import Container, tiny_container
from tests.training.refused import FULL

from trainjob_contract.loggers import IN_OUR_IMAGES, MODULES, PACKAGES

STEPS = 2
SERVED = {
    "chat_template.jinja": "{% for message in messages %}{{ message.content }}{% endfor %}",
    "generation_config.json": '{"do_sample": false}',
    "special_tokens_map.json": '{"eos_token": "<|eot_id|>"}',
    "added_tokens.json": "{}",
    "tokenizer_config.json": '{"model_max_length": 2048}',
}


def words(container: Container, logger: str) -> list[str]:
    rate, length = "optimizer.lr=1e-3", f"max_steps_per_epoch={STEPS}"
    all_words = container.tiny(
        *FULL, rate, length, "gradient_accumulation_steps=1", f"metric_logger={MODULES[0]}{logger}"
    )
    return [word for word in all_words if not word.startswith("metric_logger.filename=")]


def test_these_are_all_that_the_images_have() -> None:
    assert {name for name, package in PACKAGES.items() if package in IN_OUR_IMAGES} == {
        "TensorBoardLogger",
        "WandBLogger",
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Container:
    """With TensorBoard, in a folder where a run of another model has left its result."""
    source = tiny_container(tmp_path_factory.mktemp("logger"))
    model = source.volume / "model"
    shutil.copytree(source.model, model)
    for name, text in SERVED.items():
        (model / name).write_text(text)
    old = source.output / "epoch_0"
    old.mkdir(parents=True)
    (old / "chat_template.jinja").write_text("of another model")
    container = Container(source.volume, model, source.dataset)
    outcome = container.run(words(container, "TensorBoardLogger"))
    assert outcome.code == 0, "\n".join(outcome.lines)
    return container


def test_tensorboard_reads_the_loss_of_each_step(trained: Container) -> None:
    [events] = (trained.output / "logs").rglob("events.out.tfevents.*")
    done = subprocess.run(
        [torch_environment.ensure() / "bin" / "python", Path(__file__).with_name("read_events.py"), events.parent],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )

    logged = json.loads(done.stdout.splitlines()[-1])
    assert len(logged["loss"]) == len(logged["lr"]) == STEPS


def test_what_servers_read_lies_beside_the_weights(trained: Container) -> None:
    epoch = trained.output / "epoch_0"

    assert {name: (epoch / name).read_text() for name in SERVED} == SERVED
    assert (epoch / "config.json").read_bytes() == (trained.model / "config.json").read_bytes()


def test_wandb_writes_a_run_without_a_network(tmp_path: Path) -> None:
    container = tiny_container(tmp_path, WANDB_MODE="offline")
    outcome = container.run(words(container, "WandBLogger"))

    assert outcome.code == 0, "\n".join(outcome.lines)
    [run] = (container.output / "logs" / "wandb").glob("offline-run-*/run-*.wandb")
    assert run.read_bytes().count(b"tokens_per_second_per_gpu") >= STEPS
