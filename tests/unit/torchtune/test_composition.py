import pytest

from trainjob_contract.tune_run import TuneRun, parse_tune_run
from trainjob_operator.torchtune.composition import Composition, Place, compose

ONE = Place(nodes=1, is_single_device=True, endpoint="rank0:29500")
TWO = Place(nodes=1, is_single_device=False, endpoint="rank0:29500")
NODES = Place(nodes=2, is_single_device=True, endpoint="rank0:29500")
FULL = "tune run --rdzv_endpoint=localhost:29500 full_finetune_distributed --config llama3_2/1B_full"
ROWS = (
    "optimizer.fused=True dataset=torchtune.datasets.instruct_dataset dataset.column_map={input:q,output:a}"
    " dataset.source=parquet"
)
PLACES = "output_dir=/o checkpointer.checkpoint_dir=/m tokenizer.path=/m/t"


def run(runtime: str, arguments: str, place: Place = TWO, name: str = "mine") -> Composition:
    own = parse_tune_run(words := runtime.split())
    own_or_words = own if isinstance(own, TuneRun) else words
    composed = compose(own_or_words, arguments.split(), runtime_name=name, place=place)
    assert isinstance(composed, Composition), composed
    return composed


def rendered(composed: Composition) -> str:
    return " ".join((*composed.command.render(), "|", *composed.arguments)).removesuffix(" |")


@pytest.mark.parametrize(
    ("runtime", "arguments", "place", "expected"),
    [
        pytest.param(
            f"{FULL} {PLACES} optimizer.lr=1 model=torchtune.models.llama3_2.llama3_2 model.num_layers=2",
            "model.lora_attn_modules=[q_proj]",
            ONE,
            f"tune run lora_finetune_single_device --config llama3_2/1B_lora_single_device {PLACES}"
            " model=torchtune.models.llama3_2.lora_llama3_2 model.num_layers=2 | model.lora_attn_modules=[q_proj]",
            id="from all weights to adapters",
        ),
        pytest.param(
            "tune run lora_finetune_single_device --config llama3/8B_dora_single_device output_dir=/o",
            "",
            ONE,
            "tune run lora_finetune_single_device --config llama3/8B_dora_single_device output_dir=/o",
            id="a runtime's own config stays",
        ),
        pytest.param(
            "tune run lora_finetune_single_device --config llama3/8B_dora_single_device output_dir=/o",
            "",
            TWO,
            "tune run --rdzv_endpoint=rank0:29500 lora_finetune_distributed --config llama3/8B_lora output_dir=/o"
            " model.use_dora=True",
            id="DoRA goes to several devices",
        ),
        pytest.param(
            f"{FULL} {PLACES} model=torchtune.models.llama3_2.llama3_2 model.num_layers=2",
            "model=torchtune.models.llama3_2.lora_llama3_2",
            ONE,
            f"tune run lora_finetune_single_device --config llama3_2/1B_lora_single_device {PLACES}"
            " model.num_layers=2 | model=torchtune.models.llama3_2.lora_llama3_2",
            id="a builder with adapters",
        ),
        pytest.param(
            f"{FULL} {PLACES} model=torchtune.models.llama3_2.llama3_2_1b",
            "model=torchtune.models.llama3_2.qlora_llama3_2_1b",
            ONE,
            f"tune run lora_finetune_single_device --config llama3_2/1B_qlora_single_device {PLACES}"
            " | model=torchtune.models.llama3_2.qlora_llama3_2_1b",
            id="a builder that quantizes",
        ),
        pytest.param(
            "tune run lora_finetune_single_device --config llama3_2/1B_lora_single_device output_dir=/o"
            " model.lora_rank=4 lr_scheduler.num_warmup_steps=1",
            "model=torchtune.models.llama3_2.llama3_2_1b",
            ONE,
            "tune run full_finetune_single_device --config llama3_2/1B_full_single_device output_dir=/o"
            " | model=torchtune.models.llama3_2.llama3_2_1b",
            id="a builder without adapters",
        ),
        pytest.param(
            "tune run mine.py --config mine.yaml a=1 b=2",
            "b=3",
            TWO,
            "tune run mine.py --config mine.yaml a=1 | b=3",
            id="a runtime with a recipe of its own",
        ),
        pytest.param(
            "tune run eleuther_eval --config eleuther_evaluation tasks=[a]",
            "limit=2",
            ONE,
            "tune run eleuther_eval --config eleuther_evaluation tasks=[a] | limit=2",
            id="a runtime that evaluates",
        ),
        pytest.param(
            f"tune run full_finetune_distributed {PLACES} --config llama3_2/1B_full",
            "",
            ONE,
            f"tune run full_finetune_single_device --config llama3_2/1B_full_single_device {PLACES}",
            id="overrides before the config",
        ),
    ],
)
def test_of_a_runtimes_command_and_arguments(runtime: str, arguments: str, place: Place, expected: str) -> None:
    assert rendered(run(runtime, arguments, place)) == expected


@pytest.mark.parametrize(
    ("arguments", "place", "expected"),
    [
        pytest.param(
            "lora_dpo_single_device --config llama3_2/1B_lora_single_device loss=torchtune.rlhf.loss.DPOLoss",
            ONE,
            f"tune run lora_dpo_single_device --config llama3_2/1B_lora_single_device {PLACES} dataset.source=parquet"
            " | loss=torchtune.rlhf.loss.DPOLoss",
            id="another recipe for the runtime's model",
        ),
        pytest.param(
            "full_finetune_distributed --config llama3_2/1B_full optimizer=torch.optim.SGD dataset=d",
            TWO,
            "tune run --rdzv_endpoint=rank0:29500 full_finetune_distributed --config llama3_2/1B_full"
            f" {PLACES} dataset.source=parquet | optimizer=torch.optim.SGD dataset=d",
            id="other components",
        ),
        pytest.param(
            "lora_dpo_distributed --config llama3_2/1B_lora",
            TWO,
            "tune run --rdzv_endpoint=rank0:29500 lora_dpo_distributed --config llama3_2/1B_lora"
            f" {PLACES} dataset.source=parquet",
            id="preferences lie where rows lay",
        ),
        pytest.param(
            "full_finetune_distributed --config qwen2_5/0.5B_full epochs=2",
            NODES,
            "tune run --rdzv_endpoint=rank0:29500 full_finetune_distributed --config qwen2_5/0.5B_full output_dir=/o"
            " checkpointer.checkpoint_dir=/m dataset=torchtune.datasets.instruct_dataset"
            " dataset.column_map={input:q,output:a} dataset.source=parquet | epochs=2",
            id="another model keeps the places only",
        ),
        pytest.param(
            "mine.py --config /workspace/dataset/mine.yaml epochs=2",
            TWO,
            "tune run --rdzv_endpoint=rank0:29500 mine.py --config /workspace/dataset/mine.yaml | epochs=2",
            id="recipe and config of one's own",
        ),
        pytest.param(
            "--nproc_per_node=2 --rdzv_endpoint=localhost:1 full_finetune_distributed --config mine.yaml",
            NODES,
            "tune run --nproc_per_node=2 --rdzv_endpoint=rank0:29500 full_finetune_distributed --config mine.yaml",
            id="flags of one's own",
        ),
        pytest.param("mine.py --config mine.yaml", ONE, "tune run mine.py --config mine.yaml", id="one process"),
        pytest.param(
            "--nproc_per_node 2 --rdzv_endpoint localhost:1 full_finetune_distributed --config mine.yaml",
            NODES,
            "tune run --nproc_per_node 2 --rdzv_endpoint rank0:29500 full_finetune_distributed --config mine.yaml",
            id="flags of one's own with their values after them",
        ),
    ],
)
def test_arguments_with_recipe_and_config_have_chosen(arguments: str, place: Place, expected: str) -> None:
    assert rendered(run(f"{FULL} {PLACES} {ROWS}", arguments, place)) == expected


@pytest.mark.parametrize(
    ("runtime", "kept"),
    [
        pytest.param(f"tune run full_finetune_distributed {PLACES} batch_size=2 ~seed", f"{PLACES} ~seed", id="config"),
        pytest.param(f"tune run {PLACES} optimizer.lr=1", f"{PLACES} optimizer.lr=1", id="recipe and config"),
        pytest.param(f"torchrun --nnodes=2 x.py {PLACES} a=1", PLACES, id="another program"),
    ],
)
def test_overrides_stay_where_the_name_tells_what_the_command_does_not(runtime: str, kept: str) -> None:
    composed = run(runtime, "batch_size=4", ONE, name="torchtune-llama3.2-1b")

    recipe = "tune run full_finetune_single_device --config llama3_2/1B_full_single_device"
    assert rendered(composed) == f"{recipe} {kept} | batch_size=4"


def test_all_weights_again_after_adapters() -> None:
    runtime = (
        "tune run lora_finetune_single_device --config llama3_2/1B_lora_single_device output_dir=/o optimizer.lr=1"
        " model=torchtune.models.llama3_2.qlora_llama3_2_1b model.lora_rank=8"
    )

    composed = run(runtime, "full_finetune_single_device --config llama3_2/1B_full_single_device", ONE)

    assert composed.command == TuneRun(
        flags=(),
        recipe="full_finetune_single_device",
        config="llama3_2/1B_full_single_device",
        overrides=("output_dir=/o", "model=torchtune.models.llama3_2.llama3_2_1b"),
    )
