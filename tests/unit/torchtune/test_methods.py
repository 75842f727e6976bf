import pytest

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.torchtune.catalogue import RECIPES
from trainjob_operator.torchtune.methods import Method, method_of, method_with

QUANTIZED = ("model.quantize_base=True",)
DECOMPOSED = ("model.use_dora=True",)
MODULES = ("model.lora_attn_modules=[q_proj]",)


@pytest.mark.parametrize(
    ("recipe", "config", "overrides", "method"),
    [
        ("full_finetune_distributed", "llama3_2/1B_full", (), Method.FULL),
        ("lora_finetune_distributed", "llama3_2/1B_lora", (), Method.LORA),
        ("lora_finetune_single_device", "llama3_2/1B_qlora_single_device", (), Method.QLORA),
        ("lora_finetune_single_device", "llama3_2/1B_qlora_single_device", ("model.quantize_base=false",), Method.LORA),
        ("lora_finetune_distributed", "llama3_2/1B_lora", QUANTIZED, Method.QLORA),
        ("lora_finetune_single_device", "llama3/8B_dora_single_device", (), Method.DORA),
        ("lora_finetune_single_device", "llama3/8B_qdora_single_device", (), Method.QDORA),
        ("lora_dpo_distributed", "llama3_1/8B_lora_dpo", (), Method.LORA_DPO),
        ("qat_distributed", "llama3/8B_qat_full", (), Method.QAT),
        ("eleuther_eval", "eleuther_evaluation", (), None),
        ("mine.py", "mine.yaml", (), None),
    ],
)
def test_method_of_a_command(recipe: str, config: str, overrides: tuple[str, ...], method: Method | None) -> None:
    assert method_of(TuneRun((), recipe, config, overrides)) is method


def test_every_recipe_that_trains_has_a_method() -> None:
    others = {name for name in RECIPES if method_of(TuneRun((), name, "x/1B_x", ())) is None}

    assert others == {
        *("generate", "quantize", "eleuther_eval", "dev/generate_v2", "dev/generate_v2_distributed"),
        *("dev/lora_finetune_distributed_multi_dataset", "dev/early_exit_finetune_distributed"),
    }


@pytest.mark.parametrize(
    ("own", "arguments", "method"),
    [
        (Method.FULL, ("epochs=1",), Method.FULL),
        (Method.FULL, MODULES, Method.LORA),
        (Method.FULL, ("model.quantize_base=TRUE",), Method.QLORA),
        (Method.FULL, ("model.quantize_base=False", *MODULES), Method.LORA),
        (Method.FULL, (*QUANTIZED, *DECOMPOSED, *MODULES), Method.QDORA),
        (Method.FULL, DECOMPOSED, Method.DORA),
        (Method.QLORA, ("epochs=1",), Method.QLORA),
        (Method.QLORA, MODULES, Method.LORA),
        (Method.QLORA, DECOMPOSED, Method.QDORA),
        (Method.QLORA, ("model.quantize_base=False",), Method.LORA),
        (Method.FULL_DPO, MODULES, Method.LORA_DPO),
        (Method.LORA_DPO, MODULES, Method.LORA_DPO),
        (Method.LORA_DPO, ("epochs=1",), Method.LORA_DPO),
        (Method.QAT, MODULES, Method.LORA_QAT),
        (Method.DISTILLATION, QUANTIZED, Method.DISTILLATION),
        (Method.PPO, ("epochs=1",), Method.PPO),
    ],
)
def test_arguments_change_the_method_of_a_runtime(own: Method, arguments: tuple[str, ...], method: Method) -> None:
    assert method_with(own, arguments) is method
