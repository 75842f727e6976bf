"""The models that TorchTune 0.6.1 has configs for: where they come from, how large they are, what lies in their folder.

``models.yaml`` is what the wheel says, ``repositories.yaml`` what only the Hub does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from trainjob_operator.plain_yaml import load

_HF_CHECKPOINTER = "torchtune.training.FullModelHFCheckpointer"
_BYTES = 2
_SHARD = "model-{}-of-{}.safetensors"


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A model.

    Attributes:
        name: what its configs' names begin with, such as ``llama3_2/1B``.
        repository: on the Hugging Face Hub.
        licence: its name, in words.
        is_gated: a download needs a token.
        parameters: their number; a weight that serves twice counts once.
        checkpoint_bytes: what the downloaded weights take.
        tokenizer_files: keys below ``tokenizer``, and paths relative to the model's folder.
        checkpointer_overrides: below which TorchTune finds the repository's safetensors, where its configs want others.
    """

    name: str
    repository: str
    licence: str
    is_gated: bool
    parameters: int
    checkpoint_bytes: int
    tokenizer_files: Mapping[str, str]
    checkpointer_overrides: tuple[str, ...]


def _load() -> Mapping[str, LanguageModel]:
    repositories = _read("repositories.yaml")
    return {
        name: _model(name, facts, repositories[facts["repository"]]) for name, facts in _read("models.yaml").items()
    }


def _read(name: str) -> dict[str, Any]:
    text = resources.files("trainjob_operator.torchtune").joinpath(name).read_text(encoding="utf-8")
    data: dict[str, Any] = load(text)
    return data


def _model(name: str, facts: Mapping[str, Any], repository: Mapping[str, Any]) -> LanguageModel:
    return LanguageModel(
        name=name,
        repository=facts["repository"],
        licence=repository["licence"],
        is_gated=repository["gated"],
        parameters=facts["parameters"],
        checkpoint_bytes=facts["parameters"] * repository.get("bytes", _BYTES),
        tokenizer_files=facts["tokenizer_files"],
        checkpointer_overrides=tuple(_overrides(facts, repository.get("safetensors"))),
    )


def _overrides(facts: Mapping[str, Any], count: int | None) -> list[str]:
    if count is None:
        return []
    other = [] if facts["checkpointer"] == _HF_CHECKPOINTER else [f"checkpointer={_HF_CHECKPOINTER}"]
    if isinstance(facts["checkpoint_files"], dict):
        return [*other, f"checkpointer.checkpoint_files.filename_format={_SHARD}"]
    files = (_SHARD.format(f"{number:05}", f"{count:05}") for number in range(1, count + 1))
    return [*other, f"checkpointer.checkpoint_files=[{','.join(files)}]"]


MODELS: Mapping[str, LanguageModel] = _load()
"""All models by name."""
