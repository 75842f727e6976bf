"""What a configuration says about the run's inputs and outputs: parsed once, then trusted by every check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainjob_torchtune.refusal import Refusal

# Recipes whose last, incomplete batch counts too: every other one drops it.
_KEEPS_LAST_BATCH = frozenset({"knowledge_distillation_distributed"})
# Recipes that make at least one optimizer step of each batch: they accumulate gradients of parts of it.
_STEPS_WITHIN_BATCH = frozenset({"ppo_full_finetune_single_device"})


@dataclass(frozen=True, slots=True)
class Checkpointer:
    """A component that reads model files from `folder` and writes to `output`."""

    key: str
    folder: Path
    files: tuple[str, ...]
    output: Path | None
    needs_config: bool


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
class Training:
    """A run of one of torchtune's own recipes."""

    device: str
    output: Path | None
    checkpointers: tuple[Checkpointer, ...]
    tokenizer_files: tuple[tuple[str, Path], ...]
    datasets: tuple[DatasetSource, ...]
    batches: Batches
    is_resumed: bool


def parse_training(recipe: str, config: Mapping[str, Any]) -> Training | Refusal:
    """Read the keys that torchtune's recipes share; a key that is missing or null is left for the recipe to judge."""
    try:
        return Training(
            device=str(config.get("device") or "cuda"),
            output=_path(config.get("output_dir")),
            checkpointers=tuple(
                _checkpointer(key, value)
                for key, value in config.items()
                if key.endswith("checkpointer") and isinstance(value, Mapping) and value.get("checkpoint_dir")
            ),
            tokenizer_files=_tokenizer_files(config.get("tokenizer")),
            datasets=_datasets(config.get("dataset")),
            batches=Batches(
                size=int(config.get("batch_size") or 1),
                accumulation=1
                if recipe in _STEPS_WITHIN_BATCH
                else int(config.get("gradient_accumulation_steps") or 1),
                tensor_parallel=int(config.get("tensor_parallel_dim") or 1),
                keeps_last=recipe in _KEEPS_LAST_BATCH,
            ),
            is_resumed=bool(config.get("resume_from_checkpoint")),
        )
    except (KeyError, TypeError, ValueError) as error:
        return Refusal(f"The configuration does not fit the recipe {recipe}: {error}.")


def _path(value: object) -> Path | None:
    return Path(str(value)) if value else None


def _checkpointer(key: str, value: Mapping[str, Any]) -> Checkpointer:
    return Checkpointer(
        key=key,
        folder=Path(value["checkpoint_dir"]),
        files=_files(value.get("checkpoint_files")),
        output=_path(value.get("output_dir")),
        needs_config="HF" in str(value.get("_component_")),
    )


def _files(value: object) -> tuple[str, ...]:
    """Names as they are, or counted out of `{filename_format, max_filename}` (torchtune FormattedCheckpointFiles)."""
    if not isinstance(value, Mapping):
        return tuple(str(name) for name in value) if isinstance(value, list) else ()
    last = str(value["max_filename"])
    template = str(value["filename_format"])
    return tuple(template.format(str(number).zfill(len(last)), last) for number in range(1, int(last) + 1))


def _tokenizer_files(value: object) -> tuple[tuple[str, Path], ...]:
    """Every argument of the tokenizer that names a file: `path`, `merges_file`, `special_tokens_path`, ..."""
    if not isinstance(value, Mapping):
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
