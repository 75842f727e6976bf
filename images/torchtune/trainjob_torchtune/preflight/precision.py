"""bf16 needs a GPU that computes in it: older ones emulate it, and train many times slower."""

from collections.abc import Sequence

from trainjob_torchtune.devices import Capability
from trainjob_torchtune.training import Training

# Ampere, as torch.cuda.is_bf16_supported has it where emulation does not count.
_UNKNOWN = Capability(0, 0)
_FIRST_WITH_BF16 = Capability(8, 0)


def advise_precision(training: Training, gpus: Sequence[Capability]) -> str | None:
    """Warn if one of the GPUs is older than Ampere; TorchTune itself lets emulation pass."""
    old = [gpu for gpu in gpus if _UNKNOWN < gpu < _FIRST_WITH_BF16]
    if training.dtype != "bf16" or not training.device.startswith("cuda") or not old:
        return None
    return (
        f"dtype=bf16, but {len(old)} GPU(s) of this node have compute capability {old[0].major}.{old[0].minor} and "
        f"only emulate it, slowly; GPUs compute in it from {_FIRST_WITH_BF16.major}.{_FIRST_WITH_BF16.minor} on. Set "
        "dtype=fp32."
    )
