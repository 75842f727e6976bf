"""Which recipe and config train a model by a method on some processes."""

from dataclasses import dataclass
from enum import StrEnum

from trainjob_operator.torchtune.arguments import TuneRun, is_true
from trainjob_operator.torchtune.catalogue import RECIPES

_QUANTIZE_BASE = "model.quantize_base"


class Method(StrEnum):
    """The methods between which arguments choose. Other recipes are the runtime's choice alone."""

    FULL = "full"
    LORA = "LoRA"
    QLORA = "QLoRA"


@dataclass(frozen=True, slots=True)
class Selection:
    """A recipe, its config, and overrides that the choice needs beside the user's."""

    recipe: str
    config: str
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoSelection:
    """Why there is none, with the nearest thing that works."""

    message: str


def method_of(command: TuneRun | None) -> Method | None:
    """Name the method of a runtime's own command; None for recipes of another kind (DPO, distillation, QAT, a file)."""
    if command is None:
        return Method.FULL
    if command.recipe.startswith("full_finetune_"):
        return Method.FULL
    if command.recipe.startswith("lora_finetune_"):
        is_quantized = "_qlora" in command.config or is_true(command.overrides, _QUANTIZE_BASE)
        return Method.QLORA if is_quantized else Method.LORA
    return None


def method_of_arguments(arguments: tuple[str, ...]) -> Method | None:
    """Name the method that a TrainJob's arguments ask for, by Kubeflow Trainer v2.3's rules; None if they do not."""
    if is_true(arguments, _QUANTIZE_BASE) and not is_true(arguments, "model.use_dora"):
        return Method.QLORA
    if any("model.lora_attn_modules" in argument for argument in arguments):
        return Method.LORA
    return None


def select(model: str, method: Method, *, nodes: int, is_single_device: bool) -> Selection | NoSelection:
    """Choose recipe and config, as Kubeflow Trainer v2.3 does where TorchTune has what it chooses.

    Where TorchTune has no config of its own, the nearest one is taken that comes to the same: QLoRA on several devices
    is LoRA with a quantized base; several nodes run the distributed recipe of one node.
    """
    is_single = is_single_device and nodes == 1
    stem = "full_finetune" if method is Method.FULL else "lora_finetune"
    recipe = RECIPES[f"{stem}_{'single_device' if is_single else 'distributed'}"]
    for suffix, overrides in _candidates(method, nodes, is_single=is_single):
        if f"{model}_{suffix}" in recipe.configs:
            return Selection(recipe.name, f"{model}_{suffix}", overrides)
    return NoSelection(_nearest(model, method, recipe.name))


def select_topology(command: TuneRun, *, is_single_device: bool) -> Selection | NoSelection:
    """Choose the single-device or the distributed twin of a recipe that arguments do not choose between."""
    recipe = RECIPES.get(command.recipe)
    if recipe is None or recipe.is_distributed != is_single_device:
        return Selection(command.recipe, command.config)
    old, new = ("distributed", "single_device") if is_single_device else ("single_device", "distributed")
    twin = RECIPES.get(command.recipe.replace(old, new))
    stem = command.config.removesuffix(f"_{old}")
    for config in (f"{stem}_{new}", stem):
        if twin is not None and config in twin.configs:
            return Selection(twin.name, config)
    wanted = "1 process" if recipe.is_distributed else "several processes"
    return NoSelection(
        f"TorchTune has no variant of recipe {command.recipe} with config {command.config} for {wanted}:"
        f" {'ask for at least 2 accelerators a node' if recipe.is_distributed else 'ask for 1 accelerator'}"
    )


def _candidates(method: Method, nodes: int, *, is_single: bool) -> tuple[tuple[str, tuple[str, ...]], ...]:
    quantized = (f"{_QUANTIZE_BASE}=True",)
    match method:
        case Method.FULL if is_single:
            return (("full_single_device", ()), ("full_low_memory", ()))
        case Method.FULL:
            return (("full_multinode", ()), ("full", ())) if nodes > 1 else (("full", ()),)
        case Method.LORA:
            return (("lora_single_device" if is_single else "lora", ()),)
        case Method.QLORA if is_single:
            return (("qlora_single_device", ()), ("lora_single_device", quantized))
        case Method.QLORA:
            return (("qlora", ()), ("lora", quantized))


def _nearest(model: str, method: Method, recipe: str) -> str:
    known = sorted(
        f"{other.name} --config {config}"
        for other in RECIPES.values()
        for config in other.configs
        if config.startswith(f"{model}_") and "finetune" in other.name
    )
    if not known:
        return f"TorchTune has no config for the model {model}: name a runtime of a model that it has (`tune ls`)"
    return (
        f"TorchTune has no config for {method} of {model} with recipe {recipe}; for this model it has:"
        f" {', '.join(known)}"
    )
