"""What TorchTune 0.6.1's recipes ask for, and how both sides say so: before anything is created, and in the pod."""

from typing import TypeGuard

EVALUATION = "eleuther_eval"
WITHOUT_TRAINING = frozenset(
    {"generate", "dev/generate_v2", "dev/generate_v2_distributed", EVALUATION, "quantize"},
)
"""Recipes that train nothing and write no checkpoint, by the names that `tune ls` has."""

COUNTS = ("batch_size", "epochs", "gradient_accumulation_steps", "max_steps_per_epoch")
"""Keys whose value has to be a whole number, 1 or more, or null."""
COUNT_WANTED = "it has to be a whole number, 1 or more"

PRECISIONS = frozenset({"bf16", "fp32", "fp64"})
"""Those that recipes train in (torchtune/training/precision.py); they refuse fp16."""
PRECISION_WANTED = "recipes train in dtype=bf16 or dtype=fp32"

LENGTH_WANTED = (
    "packs rows up to tokenizer.max_seq_len, and that is not set: add, for instance, tokenizer.max_seq_len=2048"
)
"""What `packed=True` does without a length (torchtune/datasets/_packed.py)."""


def is_count(value: object) -> TypeGuard[int]:
    """Tell whether a value is a whole number, 1 or more; True is none."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def tell_of_model_folder(checkpointer: str, folder: object) -> str:
    """Say that something lies in the folder of the model, into which TorchTune does not write, and what to do."""
    return f"inside {checkpointer}.checkpoint_dir={folder}: name a folder outside it"
