"""The command line that a TrainJob runs, composed of its runtime's and its own arguments."""

from collections.abc import Sequence

from trainjob_operator.torchtune.arguments import TuneRun, is_true, keep_overrides, key_of, value_of
from trainjob_operator.torchtune.catalogue import RECIPES, model_of
from trainjob_operator.torchtune.selection import (
    Method,
    NoSelection,
    Selection,
    method_of,
    method_of_arguments,
    select,
    select_topology,
)

_QUANTIZE_BASE = "model.quantize_base"
_ENDPOINT_FLAGS = ("--rdzv_endpoint", "--rdzv-endpoint")
_LOCAL_HOSTS = ("localhost", "127.0.0.1")
_NAME_PARTS = 3
# What belongs to the method that a config was written for, and not to the model or the data.
_OF_METHOD = ("optimizer", "optimizer_in_bwd", "lr_scheduler")


def compose(
    runtime: TuneRun | None,
    arguments: Sequence[str],
    *,
    runtime_name: str,
    nodes: int,
    is_single_device: bool,
    endpoint: str,
) -> TuneRun | NoSelection:
    """Choose recipe and config for a bare ``tune run``, and keep of the runtime's command what still belongs.

    The model is that of the runtime's config; a runtime without one is read by its name, as Kubeflow Trainer v2.3 does.
    The arguments themselves are not part of the answer: they follow it.
    """
    selection = _choose(runtime, tuple(arguments), runtime_name, nodes=nodes, is_single_device=is_single_device)
    if isinstance(selection, NoSelection):
        return selection
    recipe = RECIPES.get(selection.recipe)
    is_distributed = recipe is not None and recipe.is_distributed
    kept = keep_overrides(runtime.overrides, arguments) if runtime is not None else ()
    if runtime is not None and selection.recipe.split("_")[0] != runtime.recipe.split("_")[0]:
        kept = tuple(_for_adapters(argument) for argument in kept if not _belongs_to_method(argument))
    needed = tuple(argument for argument in selection.overrides if value_of(arguments, key_of(argument)) is None)
    flags: tuple[str, ...] = (f"--rdzv_endpoint={endpoint}",) if is_distributed else ()
    if runtime is not None and recipe is None:
        flags = runtime.flags  # a recipe of the user's own: nobody but its author knows how it is launched
    return TuneRun(flags=flags, recipe=selection.recipe, config=selection.config, overrides=(*kept, *needed))


def point_to_endpoint(command: Sequence[str], endpoint: str) -> tuple[str, ...]:
    """Let the nodes of a command meet at one of them, where each would wait at its own ``localhost``."""
    return tuple(
        f"{flag}={endpoint}" if flag in _ENDPOINT_FLAGS and value.partition(":")[0] in _LOCAL_HOSTS else word
        for word, (flag, _, value) in ((word, word.partition("=")) for word in command)
    )


def _choose(
    runtime: TuneRun | None, arguments: tuple[str, ...], runtime_name: str, *, nodes: int, is_single_device: bool
) -> Selection | NoSelection:
    if runtime is not None and (runtime.recipe not in RECIPES or model_of(runtime.config) is None):
        return Selection(runtime.recipe, runtime.config)
    own = method_of(runtime)
    if runtime is not None and own is None:
        return select_topology(runtime, is_single_device=is_single_device and nodes == 1)
    model = model_of(runtime.config) if runtime is not None else _model_by_name(runtime_name)
    if model is None:
        return NoSelection(
            f"the runtime {runtime_name} does not say which model it is for: give its node container a command"
            " `tune run RECIPE --config CONFIG`"
        )
    method = method_of_arguments(arguments) or own or Method.FULL
    if method is Method.QLORA and value_of(arguments, _QUANTIZE_BASE) and not is_true(arguments, _QUANTIZE_BASE):
        method = Method.LORA
    return select(model, method, nodes=nodes, is_single_device=is_single_device)


def _model_by_name(runtime: str) -> str | None:
    parts = runtime.split("-")
    return f"{parts[1].replace('.', '_')}/{parts[2].upper()}" if len(parts) == _NAME_PARTS else None


def _belongs_to_method(argument: str) -> bool:
    return key_of(argument).partition(".")[0] in _OF_METHOD


def _for_adapters(argument: str) -> str:
    """Turn a builder of plain models into that of the same model with adapters: TorchTune names them alike."""
    key, _, builder = argument.partition("=")
    package, dot, name = builder.rpartition(".")
    return f"{key}={package}{dot}lora_{name}" if key == "model" and dot and not name.startswith("lora_") else argument
