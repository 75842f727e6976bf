"""Which weights QLoRA's 4 bits can hold.

torchao/dtypes/nf4tensor.py: 64 weights share a scale, and 256 scales share theirs; what is left over is refused by an
AssertionError while the model is built. TorchTune gives other numbers of its own to vision models only.
"""

from collections.abc import Collection, Mapping

MULTIPLE = 64 * 256
_QUERIES, _KEYS, _VALUES, _OUTPUT = "q_proj", "k_proj", "v_proj", "output_proj"
REMEDY = "set model.quantize_base=False for LoRA, which needs more memory, or take a model of other sizes"


def find_unfit(sizes: Mapping[str, int], attention: Collection[str], *, with_mlp: bool) -> str | None:
    """Name the first weights with adapters that cannot be held, and their number; None if all fit, or nobody knows.

    Args:
        sizes: of the model, as TorchTune's builders call them: `embed_dim`, `num_heads`, `num_kv_heads`, `head_dim`,
            `intermediate_dim`. What is missing cannot be judged.
        attention: which projections have adapters; of the others some families quantize none.
        with_mlp: whether the projections of the feed-forward network have some.
    """
    width, heads = sizes.get("embed_dim"), sizes.get("num_heads")
    if not width or width < 1:
        return None
    head = sizes.get("head_dim") or (width // heads if heads and heads > 0 else None)
    keys = sizes.get("num_kv_heads") or heads
    queries = heads * head if heads and head else None
    others: dict[str, int | None] = {
        _QUERIES: queries,
        _KEYS: keys * head if keys and head else None,
        _VALUES: keys * head if keys and head else None,
        _OUTPUT: queries,
    }
    shapes = {name: other for name, other in others.items() if name in attention}
    if with_mlp:
        shapes["gate_proj"] = sizes.get("intermediate_dim")
    for name, other in shapes.items():
        if other and width * other % MULTIPLE:
            return f"{name} has {width} x {other} weights, which is no multiple of {MULTIPLE}"
    return None
