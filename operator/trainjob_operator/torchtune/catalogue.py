"""The recipes and configs that TorchTune 0.6.1 ships, as data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from trainjob_operator.plain_yaml import load


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
        for name, entry in load(text).items()
    }


RECIPES: Mapping[str, Recipe] = _load()
"""All recipes by name."""


def sibling_for_several(recipe: str) -> str | None:
    """Return the recipe that does on several devices what one does on a single one, if there is such."""
    name = recipe.replace("_single_device", "_distributed")
    return name if name != recipe and name in RECIPES else None


_TEACHER = re.compile(r"/[^/]+_to_")
_STEM = re.compile(r"(?!dev/)[^/]+/(?:[\d.]+B?_to_)?(?:[\d.]+B|mini)(?=_)")


def stem_of(config: str) -> str | None:
    """Give what the names of a model's configs begin with: ``llama3_2/1B``, ``llama3_2/8B_to_1B``; else None."""
    found = _STEM.match(config)
    return found[0] if found is not None and not config.endswith((".yaml", ".yml")) else None


def model_of(config: str) -> str | None:
    """Give the model that a config trains: ``llama3_2/1B`` of ``llama3_2/8B_to_1B_KD_lora_distributed``."""
    stem = stem_of(config)
    return stem and _TEACHER.sub("/", stem)


def configs_of(model: str) -> frozenset[str]:
    """Give the configs whose names begin with a stem, of whatever recipe: any recipe takes any config."""
    return _BY_STEM.get(model, frozenset())


def _by_stem() -> Mapping[str, frozenset[str]]:
    stems: dict[str, set[str]] = {}
    for recipe in RECIPES.values():
        for config in recipe.configs:
            stem = stem_of(config)
            if stem is not None:
                stems.setdefault(stem, set()).add(config)
    return {stem: frozenset(configs) for stem, configs in stems.items()}


_BY_STEM = _by_stem()
