import pytest

from trainjob_operator.torchtune.arguments import TuneRun
from trainjob_operator.torchtune.selection import (
    Method,
    NoSelection,
    Selection,
    method_of,
    method_of_arguments,
    select,
    select_topology,
)

QUANTIZED = ("model.quantize_base=True",)


@pytest.mark.parametrize(
    ("model", "method", "nodes", "single", "expected"),
    [
        (
            "llama3_2/1B",
            Method.FULL,
            1,
            True,
            Selection("full_finetune_single_device", "llama3_2/1B_full_single_device"),
        ),
        ("llama3_2/1B", Method.FULL, 1, False, Selection("full_finetune_distributed", "llama3_2/1B_full")),
        ("llama2/7B", Method.FULL, 1, True, Selection("full_finetune_single_device", "llama2/7B_full_low_memory")),
        ("llama3_3/70B", Method.FULL, 2, False, Selection("full_finetune_distributed", "llama3_3/70B_full_multinode")),
        ("llama3_2/1B", Method.FULL, 2, True, Selection("full_finetune_distributed", "llama3_2/1B_full")),
        ("llama3_3/70B", Method.QLORA, 1, False, Selection("lora_finetune_distributed", "llama3_3/70B_qlora")),
        (
            "qwen2_5/1.5B",
            Method.QLORA,
            1,
            False,
            Selection("lora_finetune_distributed", "qwen2_5/1.5B_lora", QUANTIZED),
        ),
        (
            "qwen2_5/1.5B",
            Method.QLORA,
            1,
            True,
            Selection("lora_finetune_single_device", "qwen2_5/1.5B_lora_single_device", QUANTIZED),
        ),
    ],
)
def test_select(model: str, method: Method, nodes: int, single: bool, expected: Selection) -> None:
    assert select(model, method, nodes=nodes, is_single_device=single) == expected


def test_what_is_not_there_is_answered_with_what_is() -> None:
    result = select("llama3_3/70B", Method.FULL, nodes=1, is_single_device=True)

    assert isinstance(result, NoSelection)
    assert "no config for full of llama3_3/70B with recipe full_finetune_single_device" in result.message
    assert "full_finetune_distributed --config llama3_3/70B_full" in result.message


@pytest.mark.parametrize(
    ("recipe", "config", "overrides", "method"),
    [
        ("full_finetune_distributed", "llama3_2/1B_full", (), Method.FULL),
        ("lora_finetune_distributed", "llama3_2/1B_lora", (), Method.LORA),
        ("lora_finetune_single_device", "llama3_2/1B_qlora_single_device", (), Method.QLORA),
        ("lora_finetune_distributed", "llama3_2/1B_lora", QUANTIZED, Method.QLORA),
        ("lora_dpo_distributed", "llama3_1/8B_lora_dpo", (), None),
        ("mine.py", "mine.yaml", (), None),
    ],
)
def test_method_of_a_runtime(recipe: str, config: str, overrides: tuple[str, ...], method: Method | None) -> None:
    assert method_of(TuneRun((), recipe, config, overrides)) is method


@pytest.mark.parametrize(
    ("arguments", "method"),
    [
        ((), None),
        (("epochs=1",), None),
        (("model.lora_attn_modules=[q_proj]",), Method.LORA),
        (("model.quantize_base=TRUE",), Method.QLORA),
        (("model.quantize_base=False", "model.lora_attn_modules=[q_proj]"), Method.LORA),
        (("model.quantize_base=True", "model.use_dora=True", "model.lora_attn_modules=[q_proj]"), Method.LORA),
    ],
)
def test_method_of_arguments(arguments: tuple[str, ...], method: Method | None) -> None:
    assert method_of_arguments(arguments) is method


@pytest.mark.parametrize(
    ("recipe", "config", "single", "expected"),
    [
        ("lora_dpo_distributed", "llama3_1/8B_lora_dpo", False, "lora_dpo_distributed llama3_1/8B_lora_dpo"),
        (
            "lora_dpo_distributed",
            "llama3_1/8B_lora_dpo",
            True,
            "lora_dpo_single_device llama3_1/8B_lora_dpo_single_device",
        ),
        (
            *("knowledge_distillation_single_device", "llama3_2/8B_to_1B_KD_lora_single_device", False),
            "knowledge_distillation_distributed llama3_2/8B_to_1B_KD_lora_distributed",
        ),
    ],
)
def test_select_topology(recipe: str, config: str, single: bool, expected: str) -> None:
    result = select_topology(TuneRun((), recipe, config, ()), is_single_device=single)

    assert isinstance(result, Selection), result
    assert f"{result.recipe} {result.config}" == expected


def test_a_recipe_without_a_twin_says_how_many_devices_it_wants() -> None:
    result = select_topology(TuneRun((), "qat_distributed", "llama3/8B_qat_full", ()), is_single_device=True)

    assert isinstance(result, NoSelection)
    assert "ask for at least 2 accelerators a node" in result.message
