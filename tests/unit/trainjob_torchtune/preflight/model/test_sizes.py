"""With a package `torchtune` that has a file of builders only: nothing of it is imported."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.factories.training import checkpointer, training

from trainjob_torchtune.preflight.model.sizes import check_sizes
from trainjob_torchtune.run import builders
from trainjob_torchtune.run.builders import read_sizes
from trainjob_torchtune.run.training import Builder
from trainjob_torchtune.violation import Violation

SMALL = {"vocab_size": 128_256, "num_layers": 16, "num_heads": 32, "embed_dim": 2048}
SOURCE = '''
from functools import partial
from torchtune.models.bird._component_builders import bird, lora_bird

def bird_1b(tie: bool = True) -> "Model":
    """Build it."""
    return bird(vocab_size=128_256, num_layers=16, num_heads=32, embed_dim=2048, norm_eps=1e-5, tie=tie)

def lora_bird_1b(lora_attn_modules, quantize_base=False):
    return lora_bird(lora_attn_modules, vocab_size=128_256, num_layers=16, num_heads=32, embed_dim=2048)

def other_bird():
    model = bird(num_layers=3)
    return model

qlora_bird_1b = partial(lora_bird_1b, quantize_base=True)
sparrow = bird_1b
'''


@pytest.fixture(autouse=True)
def torchtune(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    package = tmp_path / "site" / "torchtune"
    for family, source in {"bird": SOURCE, "gull": "from torchtune.models.bird import bird_1b as gull_1b\n"}.items():
        (package / "models" / family).mkdir(parents=True)
        (package / "models" / family / "_model_builders.py").write_text(source)
    (package / "__init__.py").write_text("raise ImportError('it takes seconds')\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "torchtune", raising=False)
    builders._statements.cache_clear()
    yield
    builders._statements.cache_clear()


@pytest.mark.parametrize(
    ("component", "options", "sizes"),
    [
        pytest.param("torchtune.models.bird.bird_1b", {}, SMALL, id="builder"),
        pytest.param("torchtune.models.bird.lora_bird_1b", {"lora_rank": 8}, SMALL, id="with-adapters"),
        pytest.param("torchtune.models.bird.qlora_bird_1b", {}, SMALL, id="partial"),
        pytest.param("torchtune.models.bird.sparrow", {}, SMALL, id="another-name"),
        pytest.param("torchtune.models.gull.gull_1b", {}, SMALL, id="another-family"),
        pytest.param("torchtune.models.bird.bird", {"num_layers": 2, "tie": True}, {"num_layers": 2}, id="given"),
        pytest.param("torchtune.models.bird.other_bird", {}, {}, id="made-otherwise"),
        pytest.param("torchtune.models.fish.fish_1b", {}, {}, id="unknown-family"),
        pytest.param("mine.model", {"embed_dim": 64}, {"embed_dim": 64}, id="the-users-own"),
    ],
)
def test_the_sizes_that_a_builder_makes(component: str, options: dict[str, object], sizes: dict[str, int]) -> None:
    assert read_sizes(Builder("model", component, options)) == sizes


def check(folder: Path, config: str, *, needs_config: bool = True) -> Violation | None:
    (folder / "config.json").write_text(config)
    model = Builder("model", "torchtune.models.bird.bird_1b", {})
    return check_sizes(training(checkpointers=(checkpointer(folder, needs_config=needs_config, model=model),)))


@pytest.mark.parametrize(
    "config",
    [
        {"hidden_size": 2048, "num_hidden_layers": 16, "vocab_size": 128_256, "num_attention_heads": 32},
        {"hidden_size": 2048},
        {"text_config": {"hidden_size": 4096}},
        {"intermediate_size": 1},
    ],
    ids=["all", "some", "nested", "one-that-the-builder-does-not-say"],
)
def test_a_model_of_the_right_size(tmp_path: Path, config: dict[str, object]) -> None:
    assert check(tmp_path, json.dumps(config)) is None


def test_a_model_of_another_size(tmp_path: Path) -> None:
    config = {"hidden_size": 3072, "num_hidden_layers": 28, "vocab_size": 128_256}

    assert check(tmp_path, json.dumps(config)) == Violation(
        f"The model in {tmp_path} is of another size than the one to train: its config.json says hidden_size=3072, "
        "num_hidden_layers=28, but model=torchtune.models.bird.bird_1b makes embed_dim=2048, num_layers=16. Name the "
        "configuration, or the runtime, of this model, or download the model of that size."
    )


def test_a_config_that_is_broken(tmp_path: Path) -> None:
    violation = check(tmp_path, "{")

    assert violation is not None
    assert violation.message.startswith(f"The model's {tmp_path}/config.json cannot be read (")


def test_a_checkpointer_that_does_not_read_the_config(tmp_path: Path) -> None:
    assert check(tmp_path, "{", needs_config=False) is None
