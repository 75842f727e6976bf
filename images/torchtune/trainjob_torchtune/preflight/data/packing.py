"""Packed rows need a length to be packed to: the recipe finds out only once the model is loaded."""

from trainjob_contract.recipes import LENGTH_WANTED
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check_packing(training: Training) -> Violation | None:
    """Refuse `packed` without `tokenizer.max_seq_len` (torchtune/datasets/_packed.py)."""
    packed = [dataset.key for dataset in training.datasets if dataset.options.get("packed")]
    if not packed or training.max_seq_len is not None:
        return None
    return Violation(f"{packed[0]}.packed=True {LENGTH_WANTED}.")
