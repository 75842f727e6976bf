"""Overrides with which a recipe of TorchTune cannot run: it would find out on a GPU, or train something else."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from trainjob_contract.nf4 import REMEDY, find_unfit
from trainjob_contract.recipes import (
    COUNT_WANTED,
    COUNTS,
    LENGTH_WANTED,
    PRECISION_WANTED,
    PRECISIONS,
    is_count,
    tell_of_model_folder,
)
from trainjob_contract.tune_run import TuneRun
from trainjob_operator.errors import UnreadableTextError
from trainjob_operator.plain_yaml import load
from trainjob_operator.torchtune.arguments import is_true, key_of, value_of
from trainjob_operator.torchtune.catalogue import RECIPES
from trainjob_operator.torchtune.components import ADAPTER_KEYS, component_of, has_adapters, has_none, is_quantizing
from trainjob_operator.torchtune.methods import QUANTIZE_BASE, Method, method_of
from trainjob_operator.wording import list_few, shorten

_MODULES = "model.lora_attn_modules"
# torchtune/modules/peft/_utils.py, LORA_ATTN_MODULES; other names are passed over in silence.
_ATTENTION = ("q_proj", "k_proj", "v_proj", "output_proj")
_MEANT = {
    "o_proj": "output_proj, as TorchTune calls it",
    "lm_head": "model.apply_lora_to_output=True",
    **dict.fromkeys(("gate_proj", "up_proj", "down_proj", "w1", "w2", "w3"), "model.apply_lora_to_mlp=True"),
}
# What decides which shapes the projections have.
_SIZES = ("embed_dim", "num_heads", "num_kv_heads", "head_dim", "intermediate_dim")
_DEVICES = {"cuda", "cpu", "xpu", "npu", "mps"}
# The configs for fine-tuning that limit the length of rows by themselves.
_LIMITED = (
    *("llama3_2_vision/", "dev/11B_lora_multi_dataset"),
    *("llama3_3/70B_full_multinode", "mistral/7B_full_ppo_low_memory"),
)
# Of a value that is read as YAML: nobody writes more of these.
_LONGEST = 512
_NOTHING = {"", "null", "None", "~"}


@dataclass(frozen=True, slots=True)
class Fault:
    """The override that cannot be, by its key, and a sentence with a remedy."""

    key: str
    message: str


def find_faults(run: TuneRun) -> Iterator[Fault]:
    """Find what no recipe that trains can do; nothing is known of recipes that do not, or of a user's own."""
    method = method_of(run)
    if run.recipe not in RECIPES or method is None:
        return
    values = {key: value.strip() for key, equals, value in (one.partition("=") for one in run.overrides) if equals}
    for key, check in _VALUES.items():
        value = values.get(key)
        if value is not None and "${" not in value and (wrong := check(value)) is not None:
            yield Fault(key, f"has {key}={shorten(value)}: {wrong}")
    yield from _check_model(run, method)
    yield from _check_quantization(run)
    yield from _check_checkpointer(run)
    yield from _check_packing(run)
    yield from _check_places(run)


def _check_count(value: str) -> str | None:
    return None if is_count(_read(value)) or value in _NOTHING else COUNT_WANTED


def _check_rate(value: str) -> str | None:
    try:
        float(value)
    except ValueError:
        return "it has to be a number, such as 2e-5"
    return None


def _check_precision(value: str) -> str | None:
    return None if value in PRECISIONS else PRECISION_WANTED


def _check_device(value: str) -> str | None:
    return None if value.partition(":")[0] in _DEVICES else "torch knows device=cuda and device=cpu"


def _check_modules(value: str) -> str | None:
    modules = _read(value)
    if not isinstance(modules, list) or not modules:
        return f"it has to be a list of at least one of {', '.join(_ATTENTION)}"
    if not all(isinstance(module, str) for module in modules):
        return f"it has to be a list of words, which are among {', '.join(_ATTENTION)}"
    unknown = [module for module in modules if module not in _ATTENTION]
    if not unknown:
        return None
    remedies = {_MEANT[module] for module in unknown if module in _MEANT}
    meant = f"; write {' and '.join(sorted(remedies))}" if remedies else ""
    named = list_few(unknown, between=", no ")
    return f"there is no {named} among {', '.join(_ATTENTION)}, and TorchTune would leave it out{meant}"


_VALUES: Mapping[str, Callable[[str], str | None]] = {
    **dict.fromkeys(COUNTS, _check_count),
    "optimizer.lr": _check_rate,
    "dtype": _check_precision,
    "device": _check_device,
    _MODULES: _check_modules,
}


def _check_model(run: TuneRun, method: Method) -> Iterator[Fault]:
    """Compare the builder with the recipe: one is for all weights, or both are for adapters."""
    builder = component_of(run.overrides, "model")
    if method.has_adapters:
        if has_none(builder):
            yield Fault(
                "model",
                f"has model={shorten(builder)}, a builder without adapters, but {run.recipe} trains adapters: name the"
                " builder of that model whose name begins with lora_",
            )
        return
    if has_adapters(builder):
        yield Fault(
            "model",
            f"has model={shorten(builder)}, a builder with adapters, but {run.recipe} trains all weights: name a"
            " recipe for LoRA, or the builder without lora_",
        )
    elif run.config in RECIPES[run.recipe].configs and (builder is None or has_none(builder)):
        keys = [key_of(argument) for argument in run.overrides if key_of(argument) in ADAPTER_KEYS]
        if keys:
            yield Fault(
                keys[0],
                f"has {keys[0]}, which only models with adapters take, but {run.recipe} trains all weights: add"
                f" {_MODULES}=[q_proj,v_proj] for LoRA, or leave it out",
            )


def _check_quantization(run: TuneRun) -> Iterator[Fault]:
    """Look at the sizes that a command line gives: those of TorchTune's own models with a config for QLoRA all fit."""
    builder = component_of(run.overrides, "model") or ""
    flag = value_of(run.overrides, QUANTIZE_BASE)
    is_quantized = is_quantizing(builder) if flag is None else is_true(run.overrides, QUANTIZE_BASE)
    if not is_quantized or not builder.startswith("torchtune.models.") or "_vision." in builder:
        return
    given = {name: _read(value_of(run.overrides, f"model.{name}") or "") for name in _SIZES}
    modules = _read(value_of(run.overrides, _MODULES) or "[q_proj]")  # which every config for adapters has
    unfit = find_unfit(
        {name: size for name, size in given.items() if is_count(size)},
        [module for module in modules if isinstance(module, str)] if isinstance(modules, list) else [],
        with_mlp=is_true(run.overrides, "model.apply_lora_to_mlp"),
    )
    if unfit is not None:
        key = QUANTIZE_BASE if flag is not None else "model"
        yield Fault(key, f"has {key}={shorten(flag or builder)}, but {unfit}: {REMEDY}")


def _check_checkpointer(run: TuneRun) -> Iterator[Fault]:
    """Refuse what writes between epochs, and reads no model (torchtune/training/checkpointing/_checkpointer.py)."""
    name = component_of(run.overrides, "checkpointer") or ""
    if name in {f"torchtune.training.{module}DistributedCheckpointer" for module in ("", "checkpointing.")}:
        yield Fault(
            "checkpointer",
            f"has checkpointer={name}, which in TorchTune 0.6.1 reads no model: keep the config's, and set"
            " enable_async_checkpointing=True, which full_finetune_distributed has, to save with it between epochs",
        )


def _check_packing(run: TuneRun) -> Iterator[Fault]:
    is_limited = (value_of(run.overrides, "tokenizer.max_seq_len") or "") not in _NOTHING
    is_shipped = run.config in RECIPES[run.recipe].configs and not run.config.startswith(_LIMITED)
    if is_true(run.overrides, "dataset.packed") and is_shipped and "_finetune_" in run.recipe and not is_limited:
        yield Fault(
            "dataset.packed",
            f"has dataset.packed=True, which {LENGTH_WANTED}",
        )


def _check_places(run: TuneRun) -> Iterator[Fault]:
    """TorchTune does not write into the model's folder (torchtune/training/checkpointing/_checkpointer.py)."""
    output, model = (value_of(run.overrides, key) for key in ("output_dir", "checkpointer.checkpoint_dir"))
    if output and model and "${" not in output + model and PurePosixPath(output).is_relative_to(model):
        yield Fault(
            "output_dir",
            f"has output_dir={shorten(output)} {tell_of_model_folder('checkpointer', shorten(model))}",
        )


def _read(value: str) -> object:
    try:
        return load(value, longest=_LONGEST)
    except UnreadableTextError:
        return value
