"""What has to be the same for a training to go on, and how it is told what is not."""

from typing import Any

import pytest

from trainjob_torchtune.steps.identity import compare, identify

CONFIG: dict[str, Any] = {
    "epochs": 3,
    "output_dir": "/workspace/output",
    "model": {"_component_": "torchtune.models.llama3_2.lora_llama3_2_1b", "lora_rank": 8},
    "checkpointer": {"checkpoint_dir": "/workspace/model", "output_dir": "/workspace/output"},
    "optimizer": {"lr": 2e-5},
    "metric_logger": {"log_dir": "/workspace/output/logs"},
    "seed": None,
}


def changed(**keys: Any) -> str | None:  # noqa: ANN401 - values of a configuration
    old = identify("lora_finetune", 512, CONFIG)
    return compare(old, identify("lora_finetune", 512, CONFIG | keys))


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"epochs": 5}, id="longer"),
        pytest.param({"output_dir": "/workspace/elsewhere"}, id="elsewhere"),
        pytest.param({"metric_logger": {"_component_": "WandBLogger"}, "log_every_n_steps": 5}, id="told otherwise"),
        pytest.param({"checkpointer": CONFIG["checkpointer"] | {"output_dir": "/x"}}, id="the checkpointer's place"),
    ],
)
def test_these_go_on(keys: dict[str, Any]) -> None:
    assert changed(**keys) is None


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"optimizer": {"lr": 1e-4}}, "optimizer.lr was 2e-05, and is 0.0001"),
        ({"seed": 7}, "seed was None, and is 7"),
        (
            {"model": {"lora_rank": 8}},
            "model._component_ was torchtune.models.llama3_2.lora_llama3_2_1b, and is not set",
        ),
        (
            {"a": 1, "b": 2, "c": 3, "d": 4},
            "a was not set, and is 1; b was not set, and is 2; c was not set, and is 3;",
        ),
    ],
)
def test_these_are_another_training(keys: dict[str, Any], told: str) -> None:
    assert (changed(**keys) or "").startswith(told)


def test_other_data_and_other_recipes_are_another_training() -> None:
    old = identify("lora_finetune", 512, CONFIG)

    assert compare(old, identify("lora_finetune", 513, CONFIG)) == "rows was 512, and is 513"
    assert compare(old, identify("full_finetune", 512, CONFIG)) == "recipe was lora_finetune, and is full_finetune"


def test_what_is_told_is_bounded() -> None:
    assert len(changed(dataset="x" * 10_000, **{f"a{number}": "y" * 1000 for number in range(100)}) or "") < 500
