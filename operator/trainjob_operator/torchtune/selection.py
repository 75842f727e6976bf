"""Which recipe and config train a model by a method on some processes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trainjob_operator.torchtune.catalogue import RECIPES, configs_of
from trainjob_operator.torchtune.methods import QUANTIZE_BASE, USE_DORA, Method
from trainjob_operator.wording import shorten

_QUANTIZED = (f"{QUANTIZE_BASE}=True",)
_DECOMPOSED = (f"{USE_DORA}=True",)
FUSED_ADAMW = ("optimizer=torch.optim.AdamW", "optimizer.fused=True", "optimizer_in_bwd=False")
"""Takes the place of an optimizer that pages its state and steps within the backward pass, as configs for one device
have it: neither goes with sharding."""
_RECIPES = {
    Method.FULL: "full_finetune",
    Method.LORA: "lora_finetune",
    Method.QLORA: "lora_finetune",
    Method.DORA: "lora_finetune",
    Method.QDORA: "lora_finetune",
    Method.FULL_DPO: "full_dpo",
    Method.LORA_DPO: "lora_dpo",
    Method.DISTILLATION: "knowledge_distillation",
    Method.QAT: "qat",
    Method.LORA_QAT: "qat_lora_finetune",
    Method.PPO: "ppo_full_finetune",
}
# How configs' names end for several devices and for one, best first, and the overrides that make them the method's.
# Where only a runtime chooses the method, its own overrides do that to a plain config.
_CONFIGS: Mapping[Method, Sequence[tuple[str, str, tuple[str, ...]]]] = {
    Method.FULL: (("full", "full_single_device", ()), ("", "full_low_memory", ())),
    Method.LORA: (("lora", "lora_single_device", ()),),
    Method.QLORA: (("qlora", "qlora_single_device", ()), ("lora", "lora_single_device", _QUANTIZED)),
    Method.DORA: (("lora", "lora_single_device", _DECOMPOSED),),
    Method.QDORA: (("lora", "lora_single_device", (*_QUANTIZED, *_DECOMPOSED)),),
    Method.FULL_DPO: (("full_dpo", "", ()),),
    Method.LORA_DPO: (("lora_dpo", "lora_dpo_single_device", ()), ("lora", "lora_single_device", ())),
    Method.DISTILLATION: (("KD_lora_distributed", "KD_lora_single_device", ()),),
    Method.QAT: (("qat_full", "", ()), ("full", "", ())),
    Method.LORA_QAT: (("qat_lora", "", ()), ("lora", "", ())),
    Method.PPO: (("", "full_ppo_low_memory", ()),),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """A recipe, its config, and overrides that the choice needs beside the user's."""

    recipe: str
    config: str
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoSelection:
    """Why there is none, with the nearest thing that works.

    ``lacks_model``: there would be none for any method, because the runtime is of no model that TorchTune has.
    """

    message: str
    lacks_model: bool = False


def select(model: str, method: Method, *, nodes: int, is_single_device: bool) -> Selection | NoSelection:
    """Choose recipe and config, as Kubeflow Trainer v2.3 does where TorchTune has what it chooses.

    Where TorchTune has no config of its own, the nearest one is taken that comes to the same: QLoRA on several devices
    is LoRA with a quantized base; several nodes run the distributed recipe of one node; one process may run a
    distributed recipe.

    Args:
        model: what its configs' names begin with, such as ``llama3_2/1B``.
        method: how to train it.
        nodes: the number of pods.
        is_single_device: one process trains on each.
    """
    known = configs_of(model)
    for recipe, suffix, overrides in _candidates(method, nodes, is_single=is_single_device and nodes == 1):
        if recipe in RECIPES and f"{model}_{suffix}" in known:
            return Selection(recipe, f"{model}_{suffix}", overrides)
    return _explain(model, method, is_single=is_single_device and nodes == 1)


def _candidates(method: Method, nodes: int, *, is_single: bool) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    single, distributed = (f"{_RECIPES[method]}_{kind}" for kind in ("single_device", "distributed"))
    suffixes = _CONFIGS[method]
    if method is Method.FULL and nodes > 1:
        yield distributed, "full_multinode", ()
    if is_single:
        yield from ((single, suffix, more) for _, suffix, more in suffixes if suffix)
    yield from ((distributed, suffix, more) for suffix, _, more in suffixes if suffix)
    if not is_single:
        sharded = FUSED_ADAMW if method is Method.FULL else ()
        yield from ((distributed, suffix, (*more, *sharded)) for _, suffix, more in suffixes if suffix)


def _explain(model: str, method: Method, *, is_single: bool) -> NoSelection:
    known = sorted(
        f"{recipe.name} --config {config}"
        for recipe in RECIPES.values()
        for config in recipe.configs
        if config.startswith(f"{model}_")
    )
    if not known:
        return NoSelection(
            f"TorchTune has no config for the model {shorten(model)}: name a runtime of a model that it has"
            " (`tune ls`)",
            lacks_model=True,
        )
    where = "one device" if is_single else "several devices"
    return NoSelection(
        f"TorchTune has no config for {method} of {model} on {where}; for this model it has: {', '.join(known)}"
    )
