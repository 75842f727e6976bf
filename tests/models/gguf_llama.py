"""Weights and configuration of a Llama-shaped model, read from a GGUF file and given Hugging Face's names and order.

The names are llama.cpp's (gguf-py, `MODEL_TENSORS`); it also keeps the rows of the query and key projections in another
order than Hugging Face does (convert_hf_to_gguf.py, `LlamaModel.permute`), which is undone here.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize

_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def read_config(fields: dict[str, Any]) -> dict[str, Any]:
    """Return config.json; `fields` are the file's metadata. ValueError if it is of another architecture."""
    if fields["general.architecture"] != "llama":
        raise ValueError(f"only Llama models can be read, not {fields['general.architecture']}")
    dim, heads = fields["llama.embedding_length"], fields["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "head_dim": dim // heads,
        "hidden_act": "silu",
        "hidden_size": dim,
        "intermediate_size": fields["llama.feed_forward_length"],
        "max_position_embeddings": fields["llama.context_length"],
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": heads,
        "num_hidden_layers": fields["llama.block_count"],
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
        "rms_norm_eps": float(f"{fields['llama.attention.layer_norm_rms_epsilon']:.6g}"),
        "rope_theta": fields["llama.rope.freq_base"],
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
    }


def read_weights(reader: GGUFReader, config: dict[str, Any]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield Hugging Face's name and float32 values of every tensor."""
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        *_, part, kind = tensor.name.split(".")
        if part in heads:
            values = _hugging_face_order(values, heads[part])
        yield f"{_hugging_face_name(tensor.name, part)}.{kind}", values


def _hugging_face_name(name: str, part: str) -> str:
    if name.startswith("blk."):
        return f"model.layers.{name.split('.')[1]}.{_LAYER_NAMES[part]}"
    return _NAMES[part]


def _hugging_face_order(rows: np.ndarray, heads: int) -> np.ndarray:
    """Undo the interleaving of the two halves that rotary embeddings rotate into each other."""
    pairs = rows.reshape(heads, rows.shape[0] // heads // 2, 2, rows.shape[1])
    return pairs.swapaxes(1, 2).reshape(rows.shape)
