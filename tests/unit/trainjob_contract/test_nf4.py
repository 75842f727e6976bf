import pytest

from trainjob_contract.nf4 import find_unfit

SMOLLM2_135M = {"embed_dim": 576, "num_heads": 9, "num_kv_heads": 3, "intermediate_dim": 1536}
LLAMA_3_2_1B = {"embed_dim": 2048, "num_heads": 32, "num_kv_heads": 8, "intermediate_dim": 8192}
QWEN_2_0_5B = {"embed_dim": 896, "num_heads": 14, "num_kv_heads": 2, "intermediate_dim": 4864}
GEMMA_7B = {"embed_dim": 3072, "num_heads": 16, "num_kv_heads": 16, "head_dim": 256, "intermediate_dim": 24576}
ALL = ("q_proj", "k_proj", "v_proj", "output_proj")


@pytest.mark.parametrize(
    ("sizes", "attention", "with_mlp", "named"),
    [
        pytest.param(SMOLLM2_135M, ALL, False, "q_proj has 576 x 576 weights", id="queries"),
        pytest.param(SMOLLM2_135M, ("v_proj",), False, "v_proj has 576 x 192 weights", id="values"),
        pytest.param({**LLAMA_3_2_1B, "intermediate_dim": 8190}, ALL, True, "gate_proj has 2048 x 8190", id="mlp"),
        pytest.param({"embed_dim": 192, "num_heads": 3}, ALL, False, "q_proj has 192 x 192", id="one-head-each"),
        pytest.param({"embed_dim": 64, "num_heads": 2, "head_dim": 64}, ALL, False, "q_proj has 64 x 128", id="heads"),
    ],
)
def test_what_nf4_cannot_hold(sizes: dict[str, int], attention: tuple[str, ...], *, with_mlp: bool, named: str) -> None:
    unfit = find_unfit(sizes, attention, with_mlp=with_mlp)

    assert unfit is not None
    assert unfit.startswith(named)
    assert unfit.endswith("which is no multiple of 16384")


@pytest.mark.parametrize(
    ("sizes", "attention", "with_mlp"),
    [
        pytest.param(LLAMA_3_2_1B, ALL, True, id="usual"),
        pytest.param(QWEN_2_0_5B, ALL, True, id="896-wide-with-2-heads-of-keys"),
        pytest.param(GEMMA_7B, ALL, True, id="heads-of-a-size-of-their-own"),
        pytest.param(SMOLLM2_135M, (), True, id="only-the-mlp-whose-weights-fit"),
        pytest.param({**LLAMA_3_2_1B, "intermediate_dim": 8190}, ALL, False, id="mlp-without-adapters"),
        pytest.param({"embed_dim": 576}, ALL, True, id="heads-not-known"),
        pytest.param({"num_heads": 9, "head_dim": 64}, ALL, True, id="width-not-known"),
        pytest.param({}, ALL, True, id="nothing-known"),
    ],
)
def test_what_fits_or_is_not_known(sizes: dict[str, int], attention: tuple[str, ...], *, with_mlp: bool) -> None:
    assert find_unfit(sizes, attention, with_mlp=with_mlp) is None
