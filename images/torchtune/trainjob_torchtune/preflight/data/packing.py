"""Packed rows need a length to be packed to: the recipe finds out only once the model is loaded."""

from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check_packing(training: Training) -> Violation | None:
    """Refuse `packed` without `tokenizer.max_seq_len` (torchtune/datasets/_packed.py)."""
    packed = [dataset.key for dataset in training.datasets if dataset.options.get("packed")]
    if not packed or training.max_seq_len is not None:
        return None
    return Violation(
        f"{packed[0]}.packed=True puts rows together up to tokenizer.max_seq_len, which is not set: set it to a number "
        "of tokens that the model and the memory can hold, such as tokenizer.max_seq_len=2048."
    )
