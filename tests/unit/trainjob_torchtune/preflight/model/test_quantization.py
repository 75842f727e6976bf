from pathlib import Path

import pytest
from tests.factories.training import checkpointer, training

from trainjob_torchtune.preflight.model.quantization import check_quantization
from trainjob_torchtune.run.training import Builder
from trainjob_torchtune.violation import Violation

SMALL = {"embed_dim": 576, "num_heads": 9, "num_kv_heads": 3, "intermediate_dim": 1536}
LARGE = {"embed_dim": 512, "num_heads": 4, "num_kv_heads": 2, "intermediate_dim": 1024}
QLORA = {"lora_attn_modules": ["q_proj", "v_proj"], "quantize_base": True}
COMPONENT = "torchtune.models.llama3_2.lora_llama3_2"


def check(component: str, options: dict[str, object]) -> Violation | None:
    one = checkpointer(Path("/model"), model=Builder("model", component, options))
    return check_quantization(training(checkpointers=(one,)))


def test_weights_that_4_bits_cannot_hold() -> None:
    assert check(COMPONENT, {**SMALL, **QLORA}) == Violation(
        "model=torchtune.models.llama3_2.lora_llama3_2 cannot be quantized to 4 bits: q_proj has 576 x 576 weights, "
        "which is no multiple of 16384: set model.quantize_base=False for LoRA, which needs more memory, or take a "
        "model of other sizes."
    )


def test_a_builder_that_quantizes_by_itself() -> None:
    options = {**SMALL, "lora_attn_modules": ["q_proj"]}

    assert check("torchtune.models.bird.qlora_bird", options) is not None
    assert check("torchtune.models.bird.qlora_bird", {**options, "quantize_base": False}) is None


@pytest.mark.parametrize(
    ("component", "options"),
    [
        pytest.param(COMPONENT, {**LARGE, **QLORA, "apply_lora_to_mlp": True}, id="it-fits"),
        pytest.param(COMPONENT, {**SMALL, **QLORA, "quantize_base": False}, id="not-quantized"),
        pytest.param(COMPONENT, {**SMALL, **QLORA, "quantize_base": None}, id="null"),
        pytest.param("torchtune.models.llama3_2.llama3_2", SMALL, id="no-adapters"),
        pytest.param("mine.model", {**SMALL, **QLORA}, id="the-users-own"),
        pytest.param("torchtune.models.llama3_2_vision.lora_decoder", {**SMALL, **QLORA}, id="vision"),
        pytest.param(COMPONENT, {**SMALL, "quantize_base": True}, id="projections-not-known"),
    ],
)
def test_what_can_be_quantized_or_is_not_known(component: str, options: dict[str, object]) -> None:
    assert check(component, options) is None
