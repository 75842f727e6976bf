"""A base that is to be quantized has to be of sizes that 4 bits can hold: torchao asserts it once all is downloaded."""

from trainjob_contract.nf4 import REMEDY, find_unfit
from trainjob_torchtune.run.builders import read_sizes
from trainjob_torchtune.run.training import Builder, Training
from trainjob_torchtune.violation import Violation

_TEXT = "torchtune.models."
_VISION = "_vision."
_QUANTIZING = "qlora_"


def check_quantization(training: Training) -> Violation | None:
    """Compare the sizes that each quantized model is built with."""
    for checkpointer in training.checkpointers:
        builder = checkpointer.model
        if builder is None or not _is_quantized(builder):
            continue
        modules = builder.options.get("lora_attn_modules")
        unfit = find_unfit(
            read_sizes(builder),
            modules if isinstance(modules, list) else (),
            with_mlp=builder.options.get("apply_lora_to_mlp") is True,
        )
        if unfit is not None:
            return Violation(f"{builder.key}={builder.component} cannot be quantized to 4 bits: {unfit}: {REMEDY}.")
    return None


def _is_quantized(builder: Builder) -> bool:
    """Say whether the base is; vision models have blocks of their own, and of a user's builder nothing is known."""
    if not builder.component.startswith(_TEXT) or _VISION in builder.component:
        return False
    default = builder.component.rpartition(".")[2].startswith(_QUANTIZING)
    return bool(builder.options.get("quantize_base", default))
