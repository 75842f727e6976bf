"""What TorchTune has since 0.6.1, what our images lack, and white space that nobody sees."""

import pytest
from tests.factories.objects import LLAMA, LORA, SDK, Body, runtime_with
from tests.factories.requests import created

from trainjob_contract.loggers import IN_OUR_IMAGES, PACKAGES

LACKING = {name: package for name, package in PACKAGES.items() if package not in IN_OUR_IMAGES}
LOGGERS = "metric_logger=torchtune.training.metric_logging"


def arguments(*words: str, **trainer: object) -> Body:
    return {"trainer": {"command": SDK, "args": list(words), **trainer}}


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        (["save_every_n_steps=100"], "0.6.1 saves at the end of each epoch"),
        ([LORA, "enable_async_checkpointing=True"], "in 0.6.1 full_finetune_distributed alone has it"),
        (["checkpointer.keep_last_n_checkpoints=2"], "0.6.1 keeps the checkpoint of each epoch"),
        (["run_val_every_n_steps=10"], "0.6.1 measures no validation loss"),
        (["data_parallel_shard_dim=2"], "0.6.1 shards over all processes"),
    ],
)
def test_a_key_of_a_later_torchtune(words: list[str], instead: str) -> None:
    [warning] = created(**arguments(*words)).warnings

    assert f": it is of a later TorchTune; {instead}" in warning
    assert "did you mean" not in warning


def test_a_key_that_the_recipe_has_is_no_later_one() -> None:
    assert created(**arguments("enable_async_checkpointing=True")).warnings == ()


def test_a_checkpointer_that_reads_no_model() -> None:
    message = created(**arguments("checkpointer=torchtune.training.DistributedCheckpointer")).message

    assert message.startswith(
        "spec.trainer.args[0]: has checkpointer=torchtune.training.DistributedCheckpointer, which"
    )
    assert "set enable_async_checkpointing=True" in message


@pytest.mark.parametrize(
    "name",
    [
        "torchtune.training.FullModelMetaCheckpointer",
        "mine.DistributedCheckpointer",
        "torchtune.training.FullModelTorchTuneCheckpointer",
    ],
)
def test_checkpointers_that_may_do(name: str) -> None:
    assert created(**arguments(f"checkpointer={name}")).allowed


@pytest.mark.parametrize(("logger", "package"), LACKING.items())
def test_a_logger_whose_package_our_image_lacks(logger: str, package: str) -> None:
    message = created(**arguments(f"{LOGGERS}.{logger}")).message

    assert message.startswith(f"spec.trainer: has {LOGGERS}.{logger}, for which the image ghcr.io/trainjob-operator/")
    assert f"lacks the package {package}: " in message


@pytest.mark.parametrize(
    "spec",
    [
        arguments(f"{LOGGERS}.MLFlowLogger", image="ghcr.io/me/torchtune:1"),
        arguments(f"{LOGGERS}.MLFlowLogger", env=[{"name": "PYTHONPATH", "value": "/workspace/packages"}]),
        arguments("metric_logger=mine.MLFlowLogger"),
        arguments(f"{LOGGERS}.WandBLogger"),
        arguments(f"{LOGGERS}.TensorBoardLogger"),
        arguments(f"{LOGGERS}.StdoutLogger"),
    ],
)
def test_loggers_that_may_do(spec: Body) -> None:
    assert created(**spec).message == ""


@pytest.mark.parametrize("word", ["epochs=2\n", "optimizer.lr=1e-4\r", "dtype=bf16 ", "batch_size=1\t"])
def test_white_space_at_the_end_is_told_and_refuses_nothing(word: str) -> None:
    answer = created(**arguments(word))

    assert answer.allowed, answer.message
    [warning] = answer.warnings
    assert warning.startswith("spec.trainer.args[0] has white space at its ends")


@pytest.mark.parametrize(
    "word", ["dataset.new_system_prompt='Answer: '", "dataset.new_system_prompt=You help", "epochs=2"]
)
def test_white_space_inside(word: str) -> None:
    assert created(runtime=runtime_with(name=LLAMA), **arguments(word)).warnings == ()
