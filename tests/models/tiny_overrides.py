"""The shape of the tiny model, and the overrides with which TorchTune's configurations train it."""

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes; the dimension is the smallest that NF4 quantization (QLoRA) can cut into blocks."""

    dim: int = 256
    hidden: int = 512
    layers: int = 2
    heads: int = 4
    key_value_heads: int = 2
    vocabulary: int = 448
    context: int = 2048


SHAPE = Shape()


def overrides(
    model: PurePath,
    dataset: PurePath,
    output: PurePath,
    *,
    lora: bool = False,
    builder: str = "instruct_dataset",
    family: str = "llama3_2",
) -> list[str]:
    """Return `key=value` words for any configuration of a family; `lora` for those that train adapters."""
    return [
        f"model=torchtune.models.{family}.{'lora_' if lora else ''}{family}",
        f"model.vocab_size={SHAPE.vocabulary}",
        f"model.num_layers={SHAPE.layers}",
        f"model.num_heads={SHAPE.heads}",
        f"model.num_kv_heads={SHAPE.key_value_heads}",
        f"model.embed_dim={SHAPE.dim}",
        f"model.intermediate_dim={SHAPE.hidden}",
        f"model.max_seq_len={SHAPE.context}",
        f"tokenizer.path={model}/original/tokenizer.model",
        f"tokenizer.special_tokens_path={model}/special_tokens.json",
        f"checkpointer.checkpoint_dir={model}",
        f"dataset=torchtune.datasets.{builder}",
        "dataset.source=parquet",
        f"dataset.data_dir={dataset}/data",
        f"output_dir={output}",
    ]
