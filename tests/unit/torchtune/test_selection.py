import pytest

from trainjob_operator.torchtune.methods import Method
from trainjob_operator.torchtune.selection import NoSelection, Selection, select

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


@pytest.mark.parametrize(
    ("model", "method", "single", "expected"),
    [
        # One process runs the distributed recipe where there is none for it.
        ("gemma/2B", Method.FULL, True, Selection("full_finetune_distributed", "gemma/2B_full")),
        ("llama3/70B", Method.LORA, True, Selection("lora_finetune_distributed", "llama3/70B_lora")),
        ("llama3/8B", Method.QAT, True, Selection("qat_distributed", "llama3/8B_qat_full")),
        # Several run a config that was written for one.
        ("qwen2_5/14B", Method.LORA, False, Selection("lora_finetune_distributed", "qwen2_5/14B_lora_single_device")),
        (
            *("code_llama2/7B", Method.FULL, False),
            Selection(
                "full_finetune_distributed",
                "code_llama2/7B_full_low_memory",
                ("optimizer=torch.optim.AdamW", "optimizer.fused=True", "optimizer_in_bwd=False"),
            ),
        ),
        (
            *("gemma2/9B", Method.DORA, True),
            Selection("lora_finetune_single_device", "gemma2/9B_lora_single_device", ("model.use_dora=True",)),
        ),
        (
            *("llama3_1/8B", Method.QDORA, False),
            Selection("lora_finetune_distributed", "llama3_1/8B_lora", (*QUANTIZED, "model.use_dora=True")),
        ),
        ("llama3_1/8B", Method.LORA_DPO, False, Selection("lora_dpo_distributed", "llama3_1/8B_lora_dpo")),
        (
            *("llama3_2/8B_to_1B", Method.DISTILLATION, False),
            Selection("knowledge_distillation_distributed", "llama3_2/8B_to_1B_KD_lora_distributed"),
        ),
    ],
)
def test_what_has_no_config_of_its_own_takes_the_nearest(
    model: str, method: Method, single: bool, expected: Selection
) -> None:
    assert select(model, method, nodes=1, is_single_device=single) == expected


def test_what_is_not_there_is_answered_with_what_is() -> None:
    result = select("mistral/7B", Method.PPO, nodes=1, is_single_device=False)

    assert isinstance(result, NoSelection)
    assert "no config for PPO of mistral/7B on several devices" in result.message
    assert "ppo_full_finetune_single_device --config mistral/7B_full_ppo_low_memory" in result.message
