"""T35: which keys mean nothing, and what was meant."""

import pytest

from trainjob_operator.torchtune.catalogue import RECIPES
from trainjob_operator.torchtune.keys import find_unknown_keys, keys_of

LORA = ("lora_finetune_distributed", "llama3_2/1B_lora")
NOT_SHIPPED = {("dev/early_exit_finetune_distributed", "llama2/7B_full_early_exit")}


def test_every_config_has_its_keys() -> None:
    pairs = {(recipe.name, config) for recipe in RECIPES.values() for config in recipe.configs}

    assert {pair for pair in pairs if not keys_of(*pair)} == NOT_SHIPPED


@pytest.mark.parametrize(
    ("argument", "nearest"),
    [
        ("epcohs=3", "epochs"),
        ("batchsize=4", "batch_size"),
        ("resume_from_checkpont=True", "resume_from_checkpoint"),
        ("lr=1e-4", "optimizer.lr"),
        ("learning_rate=1", None),
        ("wandb_project=p", None),
        ("datset=x", "dataset"),
        ("datset.source=json", "dataset.source"),
        ("datset.sorce=json", "dataset.source"),
        ("dataset.train_on_inputs=True", "dataset.train_on_input"),
        ("model.lora_rnak=8", "model.lora_rank"),
        ("~lr_schedular", "lr_scheduler"),
        ("x.y=1", None),
    ],
)
def test_unknown(argument: str, nearest: str | None) -> None:
    [unknown] = find_unknown_keys(*LORA, ["epochs=1", argument])

    assert unknown.position == 1
    assert unknown.nearest == nearest


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["epochs=1", "lr_scheduler.num_warmup_steps=1"], id="listed"),
        pytest.param(["fsdp_cpu_offload=True"], id="read by the recipe"),
        pytest.param(["dataset.column_map={}", "model.use_dora=True"], id="taken by a component"),
        pytest.param(["dataset.something_of_a_builder=1"], id="nothing like a known key"),
        pytest.param(["dataset=mine.rows", "dataset.colum=x"], id="a component of one's own"),
        pytest.param(["model._component_=mine.model", "model.lora_rnk=1"], id="the same, spelt out"),
        pytest.param(["root=/x", "output_dir=${root}/y"], id="a variable"),
        pytest.param(["--nproc_per_node=2"], id="a flag"),
        pytest.param(["~lr_scheduler"], id="removed"),
    ],
)
def test_known(arguments: list[str]) -> None:
    assert find_unknown_keys(*LORA, arguments) == ()


def test_nothing_is_known_of_a_config_of_one_s_own() -> None:
    assert find_unknown_keys("full_finetune_distributed", "/workspace/mine.yaml", ["x=1"]) == ()
