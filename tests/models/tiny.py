"""A Llama 3.2 of two layers and 448 tokens, with a tokenizer and questions that it can learn in seconds, and its kin.

TorchTune's ids of special tokens lie above 128000, so the small vocabulary comes with a file that gives them others.
"""

import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file

from tests.models import bpe, tiny_overrides

_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "black", "white")
_THINGS = ("apple", "river", "stone", "cloud", "lamp", "train", "book", "chair", "garden", "bridge")
_ROWS = 128
_MERGES = 160
_SPECIAL = (
    *("begin_of_text", "end_of_text", "reserved_special_token_0", "reserved_special_token_1", "finetune_right_pad_id"),
    *("step_id", "start_header_id", "end_header_id", "eom_id", "eot_id", "python_tag", "image", "video"),
    *("endoftext", "im_start", "im_end"),
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A model's type and class in transformers, and the tensors that not every kind has."""

    type: str
    architecture: str
    head: str | None = None
    is_biased: bool = False


_KINDS = {
    "model": _Kind("llama", "LlamaForCausalLM"),
    "untied": _Kind("llama", "LlamaForCausalLM", head="lm_head"),
    "mistral": _Kind("mistral", "MistralForCausalLM", head="lm_head"),
    "reward": _Kind("mistral", "MistralForSequenceClassification", head="score"),
    "qwen2": _Kind("qwen2", "Qwen2ForCausalLM", is_biased=True),
}


def write(out: Path) -> None:
    """Write a folder for each kind of model, and the folders `dataset` and `preferences`."""
    rows = _rows(_ROWS, seed=0)
    for name, kind in _KINDS.items():
        _write_model(out / name, kind)
        _write_tokenizer(out / name, kind)
    _write_rows(out / "dataset", rows)
    _write_rows(out / "preferences", [_preference(row) for row in rows])


def _write_rows(folder: Path, rows: Sequence[Mapping[str, object]]) -> None:
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), data / "train-00000-of-00001.parquet")


def _preference(row: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Prefer the answer to none, in the columns that `preference_dataset` reads."""
    asked = {"role": "user", "content": row["input"]}
    return {
        column: [asked, {"role": "assistant", "content": answer}]
        for column, answer in (("chosen", row["output"]), ("rejected", "The river is blue."))
    }


def _rows(count: int, seed: int) -> list[dict[str, str]]:
    """Questions whose answers follow from them, in the columns that `instruct_dataset` reads."""
    rng = random.Random(seed)  # noqa: S311 - the same rows every time
    rows = []
    for _ in range(count):
        thing, other, colour = rng.choice(_THINGS), rng.choice(_THINGS), rng.choice(_COLOURS)
        first, second = rng.randrange(10), rng.randrange(10)
        question, answer = rng.choice(
            (
                (f"The {thing} is {colour}. What colour is it?", f"The {thing} is {colour}."),
                (f"Add {first} and {second}.", f"The sum is {first + second}."),
                (f"Join {thing} and {other}.", f"{thing}-{other}"),
            )
        )
        rows.append({"input": question, "output": answer})
    return rows


def _write_model(folder: Path, kind: _Kind) -> None:
    shape = tiny_overrides.SHAPE
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": [kind.architecture],
        "head_dim": shape.dim // shape.heads,
        "hidden_act": "silu",
        "hidden_size": shape.dim,
        "intermediate_size": shape.hidden,
        "max_position_embeddings": shape.context,
        "model_type": kind.type,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.key_value_heads,
        "rms_norm_eps": 1e-5,
        "rope_theta": 500000.0,
        "tie_word_embeddings": kind.head is None,
        "torch_dtype": "float32",
        "vocab_size": shape.vocabulary,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    rng = np.random.default_rng(0)

    def weight(*size: int) -> np.ndarray:
        return (rng.standard_normal(size) * 0.02).astype(np.float32)

    key_value = shape.dim // shape.heads * shape.key_value_heads
    weights = {"model.embed_tokens.weight": weight(shape.vocabulary, shape.dim)}
    for layer in range(shape.layers):
        prefix = f"model.layers.{layer}"
        weights |= {
            f"{prefix}.self_attn.q_proj.weight": weight(shape.dim, shape.dim),
            f"{prefix}.self_attn.k_proj.weight": weight(key_value, shape.dim),
            f"{prefix}.self_attn.v_proj.weight": weight(key_value, shape.dim),
            f"{prefix}.self_attn.o_proj.weight": weight(shape.dim, shape.dim),
            f"{prefix}.mlp.gate_proj.weight": weight(shape.hidden, shape.dim),
            f"{prefix}.mlp.up_proj.weight": weight(shape.hidden, shape.dim),
            f"{prefix}.mlp.down_proj.weight": weight(shape.dim, shape.hidden),
            f"{prefix}.input_layernorm.weight": np.ones(shape.dim, np.float32),
            f"{prefix}.post_attention_layernorm.weight": np.ones(shape.dim, np.float32),
        }
        if kind.is_biased:
            weights |= {
                f"{prefix}.self_attn.{name}_proj.bias": weight(size)
                for name, size in (("q", shape.dim), ("k", key_value), ("v", key_value))
            }
    weights["model.norm.weight"] = np.ones(shape.dim, np.float32)
    if kind.head is not None:
        weights[f"{kind.head}.weight"] = weight(1 if kind.head == "score" else shape.vocabulary, shape.dim)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # safetensors makes it 0600


def _write_tokenizer(folder: Path, kind: _Kind) -> None:
    """Write Llama 3's tokenizer where each kind has its own; that of Qwen 2 has two files of another format."""
    text = "\n".join(" ".join(row.values()) for row in _rows(2000, seed=1))
    tokens = bpe.train(f"{text}\nuser\n\nassistant\n\nsystem\n\n", _MERGES)
    if len(tokens) + len(_SPECIAL) > tiny_overrides.SHAPE.vocabulary:
        raise ValueError(f"{len(tokens)} tokens and {len(_SPECIAL)} special ones are too many")
    match kind.type:
        case "qwen2":
            bpe.write_bytes(folder)
        case "mistral":
            bpe.write_tiktoken(folder / "tokenizer.model", tokens)
        case _:
            bpe.write_tiktoken(folder / "original" / "tokenizer.model", tokens)
    special = [{"id": len(tokens) + rank, "content": f"<|{name}|>"} for rank, name in enumerate(_SPECIAL)]
    (folder / "special_tokens.json").write_text(json.dumps({"added_tokens": special}, indent=1) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
