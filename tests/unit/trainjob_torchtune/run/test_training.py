from pathlib import Path
from typing import Any

import pytest
from tests.factories.training import batches, saving

from trainjob_torchtune.run.training import Builder, Checkpointer, DatasetSource, Saving, Training, parse_training
from trainjob_torchtune.violation import Violation

RECIPE = "full_finetune_distributed"
LAST = {"max_filename": "00002"}


def parsed(config: dict[str, Any], recipe: str = RECIPE) -> Training:
    training = parse_training(recipe, config)
    assert isinstance(training, Training)
    return training


def test_the_keys_that_recipes_share() -> None:
    config = {
        "device": "cpu",
        "dtype": "bf16",
        "epochs": 3,
        "model": {"_component_": "torchtune.models.llama3_2.llama3_2", "num_layers": 2},
        "optimizer": {"_component_": "torch.optim.AdamW", "fused": True},
        "output_dir": "/out",
        "resume_from_checkpoint": True,
        "batch_size": 4,
        "gradient_accumulation_steps": 8,
        "tensor_parallel_dim": 2,
        "tokenizer": {
            "_component_": "torchtune.t",
            "path": "/m/t.model",
            "merges_file": "/m/merges.txt",
            "max_seq_len": None,
        },
        "checkpointer": {
            "_component_": "torchtune.training.FullModelHFCheckpointer",
            "checkpoint_dir": "/m",
            "checkpoint_files": ["a.safetensors"],
            "output_dir": "/out",
        },
        "ref_checkpointer": {"_component_": "torchtune.training.FullModelMetaCheckpointer", "checkpoint_dir": "/r"},
        "dataset": {"_component_": "torchtune.datasets.instruct_dataset", "source": "parquet"},
    }

    model = Builder("model", "torchtune.models.llama3_2.llama3_2", {"num_layers": 2})
    assert parsed(config) == Training(
        device="cpu",
        dtype="bf16",
        output=Path("/out"),
        checkpointers=(
            Checkpointer("checkpointer", Path("/m"), ("a.safetensors",), Path("/out"), needs_config=True, model=model),
            Checkpointer("ref_checkpointer", Path("/r"), (), None, needs_config=False, model=model),
        ),
        tokenizer_files=(("tokenizer.path", Path("/m/t.model")), ("tokenizer.merges_file", Path("/m/merges.txt"))),
        datasets=(DatasetSource("dataset", "torchtune.datasets.instruct_dataset", {"source": "parquet"}),),
        batches=batches(4, 8, 2),
        saving=saving(3, 2, has_adam=True),
        is_resumed=True,
    )


def test_what_is_missing_is_left_for_the_recipe_to_judge() -> None:
    assert parsed({}) == Training("cuda", "fp32", None, (), (), (), batches(), saving(), is_resumed=False)


def test_files_that_are_counted() -> None:
    files = {"filename_format": "model-{}-of-{}.safetensors", "max_filename": "00002"}
    checkpointers = parsed({"checkpointer": {"checkpoint_dir": "/m", "checkpoint_files": files}}).checkpointers

    assert checkpointers[0].files == ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def test_several_data_sets() -> None:
    datasets = parsed({"dataset": [{"_component_": "a"}, {"_component_": "b", "source": "json"}]}).datasets

    assert [(dataset.key, dataset.component) for dataset in datasets] == [("dataset[0]", "a"), ("dataset[1]", "b")]


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ("lora_finetune_single_device", batches(4, 8)),
        ("knowledge_distillation_distributed", batches(4, 8, keeps_last=True)),
        ("ppo_full_finetune_single_device", batches(4, 1)),
    ],
)
def test_recipes_differ_in_how_they_make_steps(recipe: str, expected: object) -> None:
    assert parsed({"batch_size": 4, "gradient_accumulation_steps": 8}, recipe).batches == expected


ADAM = {"_component_": "torch.optim.AdamW"}


@pytest.mark.parametrize(
    ("recipe", "config", "expected"),
    [
        pytest.param("lora_finetune_distributed", {"optimizer": ADAM}, saving(), id="an-adapters-optimizer-is-small"),
        pytest.param(
            "lora_finetune_distributed", {"save_adapter_weights_only": True}, saving(has_weights=False), id="adapters"
        ),
        pytest.param(RECIPE, {"optimizer": ADAM, "optimizer_in_bwd": True}, saving(), id="many-optimizers"),
        pytest.param(RECIPE, {"optimizer": {"_component_": "bitsandbytes.optim.PagedAdamW8bit"}}, saving(), id="8-bit"),
        pytest.param(RECIPE, {"optimizer": ADAM, "dtype": "fp16"}, saving(1, 2, has_adam=True), id="adam"),
    ],
)
def test_what_is_saved(recipe: str, config: dict[str, Any], expected: Saving) -> None:
    assert parsed(config, recipe).saving == expected


@pytest.mark.parametrize(
    "config",
    [
        {"batch_size": "many"},
        {"dataset": {"source": "parquet"}},
        {"checkpointer": {"checkpoint_dir": "/m", "checkpoint_files": {"filename_format": "{}-{}"}}},
        {"checkpointer": {"checkpoint_dir": "/m", "checkpoint_files": {**LAST, "filename_format": "{}-{}-of-{}"}}},
        {"checkpointer": {"checkpoint_dir": "/m", "checkpoint_files": {**LAST, "filename_format": "{}-{last}"}}},
    ],
    ids=["no-number", "no-component", "half-a-format", "three-places", "a-named-place"],
)
def test_what_does_not_fit_is_refused(config: dict[str, Any]) -> None:
    assert isinstance(parse_training(RECIPE, config), Violation)


@pytest.mark.parametrize("value", ["many", 0, -1, 1.5, True])
@pytest.mark.parametrize("key", ["batch_size", "epochs", "gradient_accumulation_steps", "max_steps_per_epoch"])
def test_a_number_is_whole_and_positive(key: str, value: object) -> None:
    wrong = f"{key} is {value!r}; it has to be a whole number, 1 or more"

    assert parse_training(RECIPE, {key: value}) == Violation(
        f"The configuration does not fit the recipe {RECIPE}: {wrong}."
    )


def test_how_long_rows_may_be_and_where_the_state_lies() -> None:
    config = {"tokenizer": {"max_seq_len": 9}, "checkpointer": {"checkpoint_dir": "/m", "recipe_checkpoint": "a.pt"}}
    training = parsed(config)

    assert (training.max_seq_len, training.has_own_state) == (9, True)


def test_components_of_the_users_own_have_arguments_of_their_own() -> None:
    config = {
        "tokenizer": {"_component_": "mine.tokenizer", "merges_path": "s3://bucket/merges"},
        "checkpointer": {"_component_": "mine.Checkpointer", "checkpoint_dir": "s3://bucket/model"},
        "metric_logger": {"_component_": "mine.Logger"},
    }
    training = parsed(config)

    assert (training.tokenizer_files, training.checkpointers, training.logger) == ((), (), "mine.Logger")
