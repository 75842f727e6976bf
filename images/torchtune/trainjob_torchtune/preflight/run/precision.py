"""The precision has to be one that recipes train in, and bf16 one that the GPU computes in."""

from collections.abc import Sequence

from trainjob_contract.recipes import PRECISION_WANTED, PRECISIONS
from trainjob_torchtune.hardware.devices import Capability
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation

# Ampere, as torch.cuda.is_bf16_supported has it where emulation does not count.
_UNKNOWN = Capability(0, 0)
_FIRST_WITH_BF16 = Capability(8, 0)


def check_precision(training: Training) -> Violation | None:
    """Refuse what TorchTune does not know (torchtune/training/precision.py), and fp16, in which no recipe trains.

    Recipes without a data set evaluate or generate: they may.
    """
    if training.dtype in PRECISIONS or not training.datasets:
        return None
    return Violation(f"The run has dtype={training.dtype}: {PRECISION_WANTED}.")


def advise_precision(training: Training, gpus: Sequence[Capability]) -> str | None:
    """Warn if one of the GPUs is older than Ampere and emulates bf16, slowly; TorchTune lets that pass."""
    old = [gpu for gpu in gpus if _UNKNOWN < gpu < _FIRST_WITH_BF16]
    if training.dtype != "bf16" or not training.device.startswith("cuda") or not old:
        return None
    return (
        f"dtype=bf16, but {len(old)} GPU(s) of this node have compute capability {old[0].major}.{old[0].minor} and "
        f"only emulate it, slowly; GPUs compute in it from {_FIRST_WITH_BF16.major}.{_FIRST_WITH_BF16.minor} on. Set "
        "dtype=fp32."
    )
