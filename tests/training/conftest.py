"""Containers to train in, and runs that several tests look at."""

import shutil
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from tests.devcluster import packages
from tests.devcluster.port import Port
from tests.models import store
from tests.training.container import Container, Outcome, tiny_container
from tests.training.methods import CASES
from tests.training.rendered import render

from trainjob_contract.storage_uri import Kind, Source
from trainjob_initializer.download.origin import name_model

Trained = tuple[Container, Outcome]
STEPS = 16


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return tiny_container(tmp_path)


@pytest.fixture
def mistake(request: pytest.FixtureRequest) -> str:
    """What the page for users calls it, if it does."""
    name: str = request.node.callspec.id
    return name


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """All weights, one process; the configuration's own optimizer, of bitsandbytes."""
    container = tiny_container(tmp_path_factory.mktemp("full"))
    words = container.tiny(
        "full_finetune_single_device",
        "llama3_2/1B_full_single_device",
        "optimizer.lr=1e-3",
        f"max_steps_per_epoch={STEPS}",
    )
    return container, container.run(words)


@pytest.fixture(scope="session")
def lora(tmp_path_factory: pytest.TempPathFactory, full: Trained) -> Trained:
    """Adapters, one process, on top of what `full` left; two epochs, since the shim mends how they are merged."""
    volume = tmp_path_factory.mktemp("lora")
    base = full[0].output / "epoch_0"
    # The Hub is not there; peft takes a path as well.
    name_model(base, Source(Kind.MODEL, str(base)))
    container = Container(volume, base, full[0].dataset)
    words = container.tiny(
        "lora_finetune_single_device",
        "llama3_2/1B_lora_single_device",
        "checkpointer.checkpoint_files=[model-00001-of-00001.safetensors]",
        "optimizer.lr=1e-3",
        "lr_scheduler.num_warmup_steps=1",
        "gradient_accumulation_steps=1",
        f"max_steps_per_epoch={STEPS // 2}",
        "epochs=2",
    )
    return container, container.run(words)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """All weights, two processes, which the operator asks for by torchrun's variables."""
    container = tiny_container(
        tmp_path_factory.mktemp("pair"), PET_NPROC_PER_NODE="auto", TRAINJOB_ACCELERATORS_PER_NODE="2"
    )
    with closing(Port("localhost")) as port:
        return container, container.run(pair_words(container, port.number))


def pair_words(container: Container, port: int) -> list[str]:
    """Return the words after `tune` of a training of all weights by processes that meet at a port."""
    return container.tiny(
        "full_finetune_distributed",
        "llama3_2/1B_full",
        "optimizer.lr=1e-3",
        "gradient_accumulation_steps=1",
        torchrun=(f"--rdzv_endpoint=localhost:{port}",),
    )


def place(name: str, volume: Path, train: Callable[[str], Trained]) -> tuple[Container, list[str]]:
    """Return what the case of a name runs in, and the words after `tune`; `train` gives the run of another case."""
    others = {"reward/model": store.tiny() / "reward"}
    if name == "KD":
        others["teacher/model"] = train("full")[0].output / "epoch_0"
    return render(CASES[name].tiny, volume, others)


@pytest.fixture(scope="session")
def train(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Trained]:
    """Give the run of a case, which is made once."""

    @cache
    def train(name: str) -> Trained:
        if shutil.which("g++") is None:
            packages.ensure({"g++": "g++"})
        container, words = place(name, tmp_path_factory.mktemp("method"), train)
        assert CASES[name].recipe in words
        return container, container.run(words)

    return train
