"""The command line that a TrainJob runs, composed of its runtime's and its own arguments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trainjob_contract.tune_run import TUNE_RUN, Malformed, TuneRun, is_override, names_config, parse_tune_run
from trainjob_operator.torchtune.arguments import key_of, value_of
from trainjob_operator.torchtune.catalogue import RECIPES, model_of, stem_of
from trainjob_operator.torchtune.components import ADAPTER_KEYS, DATASET_LOCATION, keep_overrides, with_builder
from trainjob_operator.torchtune.methods import Method, method_of, method_with
from trainjob_operator.torchtune.selection import NoSelection, Selection, select
from trainjob_operator.wording import shorten

_ENDPOINT_FLAGS = ("--rdzv_endpoint", "--rdzv-endpoint")
_LOCAL_HOSTS = ("localhost", "127.0.0.1")
_NAME_PARTS = 3
# What belongs to the method that a config was written for, and not to the model or the data.
_OF_METHOD = {"optimizer", "optimizer_in_bwd", "lr_scheduler"}
# What belongs to what is trained towards: pairs of answers, or one answer.
_OF_TASK = {"dataset", "loss"}
MANAGED_OVERRIDES = ("output_dir", "tokenizer.path", "checkpointer.checkpoint_dir", "tokenizer.merges_file")
"""Where the steps of a runtime expect each other's files."""
# Where things lie, which only the runtime knows.
_PLACES = {"output_dir", "checkpointer.checkpoint_dir"}


@dataclass(frozen=True, slots=True)
class Composition:
    """What the trainer's container runs. ``arguments`` follow the command."""

    command: TuneRun
    arguments: tuple[str, ...]

    @property
    def run(self) -> TuneRun | None:
        """Both as one; None if the arguments ask for help."""
        return self.command.with_arguments(self.arguments)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command runs.

    Attributes:
        nodes: the number of pods.
        is_single_device: one process trains on each.
        endpoint: where processes meet, ``host:port``.
    """

    nodes: int
    is_single_device: bool
    endpoint: str

    @property
    def is_single(self) -> bool:
        """Tell whether one process trains in all."""
        return self.nodes == 1 and self.is_single_device


def compose(
    own: TuneRun | Sequence[str], arguments: Sequence[str], *, runtime_name: str, place: Place
) -> Composition | NoSelection:
    """Choose recipe and config for a bare ``tune run``, and keep of the runtime's own command what still belongs.

    Arguments that are a command line of their own, with recipe and ``--config``, have chosen; of the runtime remains
    what fits the same model. Otherwise the model is that of the runtime's config (a runtime without one is read by its
    name, as Kubeflow Trainer v2.3 does), the method is the runtime's as the arguments change it.

    Args:
        own: what the runtime runs; its words where that is no ``tune run`` with recipe and config.
        arguments: the TrainJob's, or the runtime's where it has none.
        runtime_name: the runtime's.
        place: where it runs.
    """
    arguments = tuple(arguments)
    runtime = own if isinstance(own, TuneRun) else None
    match parse_tune_run((*TUNE_RUN, *arguments)):
        case TuneRun() as given:
            return _complete(runtime, given, place)
        case Malformed(message) if names_config(arguments):
            return NoSelection(message)
    selection = _choose(runtime, arguments, runtime_name, place)
    if isinstance(selection, NoSelection):
        return selection
    if runtime is not None and selection.recipe not in RECIPES:
        return Composition(replace(runtime, overrides=keep_overrides(runtime.overrides, arguments)), arguments)
    chosen = TuneRun(
        flags=_flags(selection.recipe, place), recipe=selection.recipe, config=selection.config, overrides=()
    )
    needed = tuple(argument for argument in selection.overrides if value_of(arguments, key_of(argument)) is None)
    method = method_of(replace(chosen, overrides=(*needed, *arguments)))
    kept = _fit(own, method, arguments) if isinstance(own, TuneRun) else _keep_of_another(own, arguments)
    return Composition(replace(chosen, overrides=(*kept, *needed)), arguments)


def point_to_endpoint(command: Sequence[str], endpoint: str) -> tuple[str, ...]:
    """Let the nodes of a command meet at one of them, where each would wait at its own ``localhost``."""
    pointed: list[str] = []
    for word in command:
        flag, _, value = word.partition("=")
        if flag in _ENDPOINT_FLAGS and _is_local(value):
            pointed.append(f"{flag}={endpoint}")
        elif pointed and pointed[-1] in _ENDPOINT_FLAGS and _is_local(word):
            pointed.append(endpoint)
        else:
            pointed.append(word)
    return tuple(pointed)


def _is_local(endpoint: str) -> bool:
    return endpoint.partition(":")[0] in _LOCAL_HOSTS


def _complete(runtime: TuneRun | None, given: TuneRun, place: Place) -> Composition:
    """Add to a command line of the TrainJob's own how processes meet, and what of the runtime's fits it.

    A recipe or a config of the user's own gets nothing: all that it needs is in it.
    """
    flags = point_to_endpoint(given.flags, place.endpoint)
    if not any(flag.partition("=")[0] in _ENDPOINT_FLAGS for flag in flags):
        flags = (*flags, *_flags(given.recipe, place))
    kept: tuple[str, ...] = ()
    if runtime is not None and given.recipe in RECIPES and model_of(given.config) is not None:
        kept = _fit(runtime, method_of(given), given.overrides)
        if model_of(given.config) != model_of(runtime.config):
            kept = tuple(argument for argument in kept if _is_about_places(argument))
    return Composition(replace(given, flags=flags, overrides=kept), given.overrides)


def _flags(recipe: str, place: Place) -> tuple[str, ...]:
    """Give torchrun's flags: any has TorchTune start the recipe with it, and a recipe for one device needs none."""
    known = RECIPES.get(recipe)
    is_distributed = known.is_distributed if known is not None else not place.is_single
    return (f"--rdzv_endpoint={place.endpoint}",) if is_distributed else ()


def _choose(
    runtime: TuneRun | None, arguments: tuple[str, ...], runtime_name: str, place: Place
) -> Selection | NoSelection:
    own = method_of(runtime) if runtime is not None else Method.FULL
    stem = stem_of(runtime.config) if runtime is not None else _stem_by_name(runtime_name)
    if runtime is not None and (own is None or stem is None):
        return Selection(runtime.recipe, runtime.config)
    if own is None or stem is None:
        return NoSelection(
            f"the runtime {shorten(runtime_name)} does not say which model it is for: give its node container a command"
            " `tune run RECIPE --config CONFIG`",
            lacks_model=True,
        )
    method = method_with(own, arguments)
    if runtime is not None and method is own and place.nodes == 1:
        recipe = RECIPES[runtime.recipe]
        if recipe.is_distributed != place.is_single:
            return Selection(runtime.recipe, runtime.config)
    return select(stem, method, nodes=place.nodes, is_single_device=place.is_single_device)


def _stem_by_name(runtime: str) -> str | None:
    parts = runtime.split("-")
    return f"{parts[1].replace('.', '_')}/{parts[2].upper()}" if len(parts) == _NAME_PARTS else None


def _fit(runtime: TuneRun, method: Method | None, arguments: Sequence[str]) -> tuple[str, ...]:
    """Give the runtime's overrides that arguments leave in force and that suit a method."""
    kept = keep_overrides(runtime.overrides, arguments)
    own = method_of(runtime)
    if method is own or method is None or own is None:
        return kept
    if method.has_adapters != own.has_adapters:
        kept = tuple(argument for argument in kept if key_of(argument).partition(".")[0] not in _OF_METHOD)
    if method.has_preferences != own.has_preferences:
        kept = tuple(
            argument
            for argument in kept
            if key_of(argument).partition(".")[0] not in _OF_TASK or key_of(argument) in DATASET_LOCATION
        )
    if not method.has_adapters:
        kept = tuple(argument for argument in kept if key_of(argument) not in ADAPTER_KEYS)
    return tuple(with_builder(argument, has_adapters=method.has_adapters) for argument in kept)


def _keep_of_another(own: Sequence[str], arguments: Sequence[str]) -> tuple[str, ...]:
    """Give what arguments leave in force of a command without recipe and config.

    A ``tune run`` has overrides all the same, and another program may have TorchTune's paths.
    """
    is_tune_run = tuple(own[:2]) == TUNE_RUN
    words = (word for word in own if is_override(word) and (is_tune_run or key_of(word) in MANAGED_OVERRIDES))
    return keep_overrides(tuple(words), arguments)


def _is_about_places(argument: str) -> bool:
    key = key_of(argument)
    return key in _PLACES or key == "dataset" or key.startswith("dataset.")
