"""The recipes and configs that TorchTune 0.6.1 ships, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe: whether torchrun starts it, and the configs that it lists."""

    name: str
    is_distributed: bool
    configs: frozenset[str]


def _load() -> Mapping[str, Recipe]:
    text = resources.files("trainjob_operator.torchtune").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return {
        name: Recipe(name=name, is_distributed=entry["distributed"], configs=frozenset(entry["configs"]))
        for name, entry in yaml.safe_load(text).items()
    }


RECIPES: Mapping[str, Recipe] = _load()
"""All recipes by name."""


def model_of(config: str) -> str | None:
    """Give the model of a config: ``llama3_2/1B`` of ``llama3_2/1B_lora_single_device``; None for a file's name."""
    family, slash, name = config.partition("/")
    if not slash or name.endswith((".yaml", ".yml")) or family in {"", ".", ".."}:
        return None
    return f"{family}/{name.split('_', 1)[0]}"
