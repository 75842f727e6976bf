"""Let TorchTune 0.6.1's recipes run where there is no CUDA device; the folder of this file goes on PYTHONPATH.

TorchTune says `device=cpu`, but five places know only CUDA. Each is mended right after the module that has it is
imported, in this process alone: nothing installed is changed, and with a CUDA device nothing happens at all.
"""  # noqa: INP001 - Python imports `sitecustomize` by itself, from a folder that is no package

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_Patch = Callable[[Any], None]


def mend_cpu_module(torch: Any) -> None:  # noqa: ANN401 - modules are objects whose attributes are replaced
    """Give torch.cpu what torchtune/training/memory.py calls on it (`cleanup_before_training`, every recipe)."""

    def nothing(*_args: object, **_kwargs: object) -> None:
        """There is no cache to empty and there are no peaks to reset."""

    torch.cpu.empty_cache = torch.cpu.reset_peak_memory_stats = nothing


def mend_process_group(torch: Any) -> None:  # noqa: ANN401 - as above
    """Let gloo stand in for NCCL.

    The LoRA, DPO, KD and QAT distributed recipes ask for "cuda:nccl,cpu:gloo" whatever the device, and asynchronous
    checkpointing makes "cpu:gloo,cpu:gloo" of it, which torch refuses.
    """
    if not torch.distributed.is_available():
        return
    original = torch.distributed.init_process_group

    def init_process_group(backend: object = None, *args: object, **kwargs: object) -> object:
        if isinstance(backend, str) and ("nccl" in backend or "," in backend):
            backend = "gloo"
        return original(backend, *args, **kwargs)

    torch.distributed.init_process_group = init_process_group


def mend_memory_stats(training: Any) -> None:  # noqa: ANN401 - as above
    """Report no memory in place of a ValueError: full_finetune_distributed asks unconditionally."""
    original = training.get_memory_stats

    def get_memory_stats(device: Any, reset_stats: bool = True) -> object:  # noqa: ANN401, FBT001, FBT002 - its signature
        if device.type != "cpu":
            return original(device, reset_stats)
        return dict.fromkeys(("peak_memory_active", "peak_memory_alloc", "peak_memory_reserved"), 0.0)

    training.get_memory_stats = get_memory_stats


def mend_lora_merge(peft: Any) -> None:  # noqa: ANN401 - as above
    """Merge adapters into a copy of the base weights.

    lora_finetune_single_device copies the model by `v.cpu()`, which on a CPU is the live weight itself: every save
    would add the adapter to the model that goes on training.
    """
    original = peft.get_merged_lora_ckpt

    def get_merged_lora_ckpt(state_dict: dict[str, Any], rank: int, alpha: float) -> object:
        weights = {name: value.clone() if name.endswith(".weight") else value for name, value in state_dict.items()}
        return original(weights, rank, alpha)

    peft.get_merged_lora_ckpt = get_merged_lora_ckpt


def mend_async_checkpoints(checkpointer: Any) -> None:  # noqa: ANN401 - as above
    """Give the thread that saves checkpoints a process group of its own.

    On a GPU it talks over gloo while training talks over NCCL; sharing one gloo group, both crash.
    """
    original = checkpointer.DistributedCheckpointer.__init__

    def init(self: object, checkpoint_dir: str, output_dir: str, process_group: object = None) -> None:
        from torch import distributed  # noqa: PLC0415 - torch is there by now, and only in processes that train

        if process_group is None and distributed.is_initialized():
            process_group = distributed.new_group(backend="gloo")
        original(self, checkpoint_dir, output_dir, process_group)

    checkpointer.DistributedCheckpointer.__init__ = init


PATCHES: dict[str, tuple[_Patch, ...]] = {
    "torch": (mend_cpu_module, mend_process_group),
    "torchtune.training": (mend_memory_stats,),
    "torchtune.modules.peft": (mend_lora_merge,),
    "torchtune.training.checkpointing._checkpointer": (mend_async_checkpoints,),
}


class Mender:
    """A finder of modules that leaves the finding to the others and runs the patches once a module is loaded."""

    def __init__(self, patches: dict[str, tuple[_Patch, ...]]) -> None:
        self._patches = dict(patches)

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module that has patches, with a loader that runs them."""
        patches = self._patches.pop(name, None)
        if patches is None:
            return None
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if not sys.modules["torch"].cuda.is_available():
                for patch in patches:
                    patch(module)

        setattr(spec.loader, "exec_module", exec_module)  # noqa: B010 - mypy refuses to assign to a method
        return spec


sys.meta_path.insert(0, Mender(PATCHES))
