"""What a configuration says about the run's inputs and outputs: parsed once, then trusted by every check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from trainjob_contract.recipes import COUNT_WANTED, COUNTS, is_count
from trainjob_torchtune.run.evaluation import Evaluation, parse_evaluation
from trainjob_torchtune.violation import Violation

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")
"""How the names of files of weights end."""
# Recipes whose last, incomplete batch counts too: every other one drops it.
_KEEPS_LAST_BATCH = frozenset({"knowledge_distillation_distributed"})
# Recipes that make at least one optimizer step of each batch: they accumulate gradients of parts of it.
_STEPS_WITHIN_BATCH = frozenset({"ppo_full_finetune_single_device"})


_PACKAGE = "torchtune."
# torchtune/training/precision.py
_BYTES = {"fp32": 4, "fp64": 8, "bf16": 2, "fp16": 2}
_LEAST_BYTES = 2
_ADAM = frozenset({"torch.optim.Adam", "torch.optim.AdamW"})
# Which model a checkpointer's files are for; of other checkpointers it is not known.
_MODELS = {"checkpointer": "model", "ref_checkpointer": "model", "teacher_checkpointer": "teacher_model"}


@dataclass(frozen=True, slots=True)
class Builder:
    """A component that makes a model, with the arguments that the configuration gives it."""

    key: str
    component: str
    options: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Checkpointer:
    """A component that reads model files from `folder` and writes to `output`."""

    key: str
    folder: Path
    files: tuple[str, ...]
    output: Path | None
    needs_config: bool
    model: Builder | None = None


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """A component that loads rows by `datasets.load_dataset`; `options` are the builder's arguments."""

    key: str
    component: str
    options: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Batches:
    """How rows become optimizer steps."""

    size: int
    accumulation: int
    tensor_parallel: int
    keeps_last: bool


@dataclass(frozen=True, slots=True)
class Saving:
    """What is saved, and how often.

    Attributes:
        epochs: after each of them a checkpoint is written.
        bytes_each: of a number in it.
        has_weights: all of the model's, not only adapters.
        has_adam: two numbers more for each weight, in the checkpoints before the last one, of which one is kept.
    """

    epochs: int
    bytes_each: int
    has_weights: bool
    has_adam: bool


@dataclass(frozen=True, slots=True)
class Training:
    """A run of one of torchtune's own recipes.

    Attributes:
        has_own_state: the configuration says where the state lies that a run is to go on from.
        max_seq_len: of the tokenizer; None if there is no limit.
        evaluation: None if nothing is evaluated.
        is_compiled: torch makes kernels for the model, for which it calls a compiler.
        logger: the component that writes the metrics.
    """

    device: str
    dtype: str
    output: Path | None
    checkpointers: tuple[Checkpointer, ...]
    tokenizer_files: tuple[tuple[str, Path], ...]
    datasets: tuple[DatasetSource, ...]
    batches: Batches
    saving: Saving
    is_resumed: bool
    has_own_state: bool = False
    max_seq_len: int | None = None
    evaluation: Evaluation | None = None
    is_compiled: bool = False
    logger: str | None = None


def parse_training(recipe: str, config: Mapping[str, Any]) -> Training | Violation:
    """Read the keys that torchtune's recipes share; a key that is missing or null is left for the recipe to judge."""
    try:
        for key in COUNTS:
            _number(config, key)
        return Training(
            device=str(config.get("device") or "cuda"),
            dtype=str(config.get("dtype") or "fp32"),
            output=_path(config.get("output_dir")),
            checkpointers=tuple(
                _checkpointer(key, value, config)
                for key, value in config.items()
                if key.endswith("checkpointer") and _is_builtin(value) and value.get("checkpoint_dir")
            ),
            tokenizer_files=_tokenizer_files(config.get("tokenizer")),
            datasets=_datasets(config.get("dataset")),
            batches=Batches(
                size=_number(config, "batch_size"),
                accumulation=1 if recipe in _STEPS_WITHIN_BATCH else _number(config, "gradient_accumulation_steps"),
                tensor_parallel=_number(config, "tensor_parallel_dim"),
                keeps_last=recipe in _KEEPS_LAST_BATCH,
            ),
            saving=_saving(recipe, config),
            is_resumed=bool(config.get("resume_from_checkpoint")),
            has_own_state=_inside(config, "checkpointer", "recipe_checkpoint") is not None,
            max_seq_len=_inside(config, "tokenizer", "max_seq_len"),
            evaluation=parse_evaluation(recipe, config),
            is_compiled=bool(config.get("compile")),
            logger=_inside(config, "metric_logger", "_component_"),
        )
    except (KeyError, TypeError, ValueError) as error:
        return Violation(f"The configuration does not fit the recipe {recipe}: {error}.")


def _number(config: Mapping[str, Any], key: str) -> int:
    """Read a whole number of at least one; what is null counts as one.

    Raises:
        ValueError: it is something else.
    """
    value = config.get(key)
    if value is None:
        return 1
    if not is_count(value):
        raise ValueError(f"{key} is {value!r}; {COUNT_WANTED}")
    return value


def _inside(config: Mapping[str, Any], key: str, argument: str) -> Any:  # noqa: ANN401 - an argument may be anything
    value = config.get(key)
    return value.get(argument) if isinstance(value, Mapping) else None


def _is_builtin(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Say whether a component is TorchTune's: only of these the arguments are known."""
    return isinstance(value, Mapping) and str(value.get("_component_") or _PACKAGE).startswith(_PACKAGE)


def _path(value: object) -> Path | None:
    return Path(str(value)) if value else None


def _checkpointer(key: str, value: Mapping[str, Any], config: Mapping[str, Any]) -> Checkpointer:
    return Checkpointer(
        key=key,
        folder=Path(value["checkpoint_dir"]),
        files=_files(value.get("checkpoint_files")),
        output=_path(value.get("output_dir")),
        needs_config="HF" in str(value.get("_component_")),
        model=_builder(_MODELS.get(key, ""), config),
    )


def _builder(key: str, config: Mapping[str, Any]) -> Builder | None:
    value = config.get(key)
    if not isinstance(value, Mapping) or not value.get("_component_"):
        return None
    return Builder(key, str(value["_component_"]), {name: one for name, one in value.items() if name != "_component_"})


def _saving(recipe: str, config: Mapping[str, Any]) -> Saving:
    """Read what is saved; of optimizers only those count whose state has the weights' own precision."""
    optimizer = config.get("optimizer")
    name = str(optimizer.get("_component_")) if isinstance(optimizer, Mapping) else ""
    return Saving(
        epochs=_number(config, "epochs"),
        bytes_each=_BYTES.get(str(config.get("dtype") or "fp32"), _LEAST_BYTES),
        has_weights=not config.get("save_adapter_weights_only"),
        has_adam=recipe.startswith("full_finetune_") and name in _ADAM and not config.get("optimizer_in_bwd"),
    )


def _files(value: object) -> tuple[str, ...]:
    """Names as they are, or counted out of `{filename_format, max_filename}` (torchtune FormattedCheckpointFiles)."""
    if not isinstance(value, Mapping):
        return tuple(str(name) for name in value) if isinstance(value, list) else ()
    last = str(value["max_filename"])
    template = str(value["filename_format"])
    try:
        return tuple(template.format(str(number).zfill(len(last)), last) for number in range(1, int(last) + 1))
    except (IndexError, KeyError) as error:
        raise ValueError(
            f"filename_format is {template!r}; it has to have two places for numbers, {{}} and {{}}, the file's own "
            "and the last one's"
        ) from error


def _tokenizer_files(value: object) -> tuple[tuple[str, Path], ...]:
    """Every argument of the tokenizer that names a file: `path`, `merges_file`, `special_tokens_path`, ..."""
    if not _is_builtin(value):
        return ()
    return tuple(
        (f"tokenizer.{name}", Path(path))
        for name, path in value.items()
        if isinstance(path, str) and name.endswith(("path", "_file"))
    )


def _datasets(value: object) -> tuple[DatasetSource, ...]:
    """One component, or a list of them that torchtune concatenates."""
    if isinstance(value, list):
        return tuple(_dataset(f"dataset[{position}]", one) for position, one in enumerate(value))
    return (_dataset("dataset", value),) if isinstance(value, Mapping) else ()


def _dataset(key: str, value: Mapping[str, Any]) -> DatasetSource:
    return DatasetSource(
        key=key,
        component=str(value["_component_"]),
        options={name: option for name, option in value.items() if name != "_component_"},
    )
