"""Overrides belong together by component: ``dataset=BUILDER`` and the ``dataset.*`` that are the builder's arguments.

TorchTune puts the ones that a command line gives to a component into whatever component it names last
(torchtune/config/_utils.py), and a builder stops at an argument that it does not know.
"""

from collections.abc import Iterable, Mapping, Sequence

from trainjob_operator.torchtune.arguments import COMPONENT, component_key_of, key_of, value_of

_MODEL = "model"
_BUILDERS = "torchtune.models."
_DATASET_FILES = {"dataset.data_dir", "dataset.data_files"}
DATASET_LOCATION = frozenset({"dataset.source", *_DATASET_FILES})
"""Where rows lie."""
# What is not the old component's alone: where things lie, and what all of a kind take.
_COMMON = {
    *DATASET_LOCATION,
    *("tokenizer.path", "tokenizer.merges_file", "tokenizer.max_seq_len"),
    "metric_logger.log_dir",
}
# Builders whose rows can be packed: those of preferences and of pictures refuse that.
_PACKABLE = frozenset(
    f"torchtune.datasets.{name}_dataset"
    for name in (
        *("alpaca", "alpaca_cleaned", "chat", "grammar", "instruct"),
        *("samsum", "slimorca", "text_completion", "wikitext"),
    )
)
# Checkpointers all take the same arguments, which tell of the files and not of the class.
_ALIKE = {"checkpointer", "ref_checkpointer", "teacher_checkpointer"}
ADAPTER_KEYS = frozenset(
    f"{_MODEL}.{name}"
    for name in (
        *("lora_attn_modules", "apply_lora_to_mlp", "apply_lora_to_output"),
        *("lora_rank", "lora_alpha", "lora_dropout", "quantize_base", "use_dora"),
    )
)
"""The arguments of a model's builder that only those with adapters take."""


def component_of(arguments: Iterable[str], group: str) -> str | None:
    """Give the component that overrides choose for a key of the config, or None."""
    arguments = tuple(arguments)
    plain, spelt_out = value_of(arguments, group), value_of(arguments, f"{group}.{COMPONENT}")
    return plain if spelt_out is None else spelt_out


def keep_overrides(runtime: Sequence[str], trainjob: Sequence[str]) -> tuple[str, ...]:
    """Give the runtime's overrides that a TrainJob's leave in force.

    A key that the TrainJob sets is the TrainJob's. A TrainJob that names another component takes the arguments of the
    runtime's away with it, except where things lie, which is the runtime's to know. Builders of one model, with
    adapters or without, share its sizes; those with adapters share what says how the adapters are made.
    """
    replaced = {component_key_of(argument).removeprefix("~") for argument in trainjob}
    common = _COMMON - (DATASET_LOCATION if replaced & DATASET_LOCATION else set())
    theirs, mine = _components(runtime), _components(trainjob)
    return tuple(
        argument
        for argument in runtime
        if component_key_of(argument) not in replaced
        and not ((key := key_of(argument)) in _DATASET_FILES and replaced & _DATASET_FILES)
        and (key in common or not _is_of_another(key, theirs, mine))
    )


def with_builder(argument: str, *, has_adapters: bool) -> str:
    """Turn a model's builder into that of the same model with adapters, or without: TorchTune names them alike."""
    key, _, builder = argument.partition("=")
    package, dot, name = builder.rpartition(".")
    if component_key_of(argument) != _MODEL or not dot:
        return argument
    return f"{key}={package}{dot}{'lora_' if has_adapters else ''}{_plain(name)}"


def has_adapters(builder: str | None) -> bool:
    """Tell whether a builder makes a model with adapters; LoRA and DoRA have one builder, QLoRA has its own."""
    return builder is not None and builder.rpartition(".")[2] != _plain(builder)


def has_none(builder: str | None) -> bool:
    """Tell whether a builder is one of TorchTune's that make a model without adapters; of others nobody knows."""
    return builder is not None and builder.startswith(_BUILDERS) and not has_adapters(builder)


def is_quantizing(builder: str | None) -> bool:
    """Tell whether a builder quantizes the base by itself."""
    return builder is not None and builder.rpartition(".")[2].startswith("qlora_")


def _plain(builder: str) -> str:
    name = builder.rpartition(".")[2]
    return name.removeprefix("q").removeprefix("lora_") if name.startswith(("lora_", "qlora_")) else name


def _components(arguments: Iterable[str]) -> Mapping[str, str]:
    """Give the components that overrides choose by their keys: what `component_of` says, of all at once."""
    plain: dict[str, str] = {}
    spelt_out: dict[str, str] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if equals:
            group = key.removesuffix(f".{COMPONENT}")
            (plain if group == key else spelt_out)[group] = value
    return plain | spelt_out


def _is_of_another(key: str, runtime: Mapping[str, str], trainjob: Mapping[str, str]) -> bool:
    """Tell whether a runtime's key is an argument of a component that the TrainJob replaces."""
    group, dot, _ = key.partition(".")
    mine, theirs = trainjob.get(group), runtime.get(group)
    if not dot or mine in {None, theirs} or group in _ALIKE:
        return False
    if key == "dataset.packed" and mine in _PACKABLE:
        return False
    if group != _MODEL or mine is None:
        return True
    if key in ADAPTER_KEYS:
        return has_none(mine)
    return theirs is None or with_builder(f"model={mine}", has_adapters=False) != with_builder(
        f"model={theirs}", has_adapters=False
    )
