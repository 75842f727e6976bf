"""Reads out of an installed TorchTune what its configs say of each model, for ``models.yaml``, without importing it."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trainjob_operator.plain_yaml import load
from trainjob_operator.torchtune.catalogue import RECIPES, model_of

_HEADER = """\
# What the configs of TorchTune 0.6.1 say of each model that it fine-tunes, and how many parameters its builder makes.
# Made by `make models`; do not edit. A test compares it with the pinned wheel.
"""
_DOWNLOAD = re.compile(r"tune download (\S+)")
_PLAIN = re.compile(r"(?<=\.)q?lora_")
# Configs for other recipes may train a relative of the model: Mistral's for PPO, one for DPO of Llama 2.
_FINE_TUNING = ("full_finetune_", "lora_finetune_")


def extract_models(site_packages: Path) -> dict[str, dict[str, Any]]:
    """Give what most of a model's configs agree on, by the model's name; numbers of parameters are not among it."""
    folder = site_packages / "recipes" / "configs"
    found: dict[str, Counter[str]] = {}
    for recipe in RECIPES.values():
        for config in recipe.configs if recipe.name.startswith(_FINE_TUNING) else ():
            model = model_of(config)
            if model is not None:
                text = (folder / f"{config}.yaml").read_text(encoding="utf-8")
                found.setdefault(model, Counter())[yaml.safe_dump(_describe(text))] += 1
    # Of equally common ones the first in the alphabet, whatever the order of a set.
    return {model: load(min(facts, key=lambda text: (-facts[text], text))) for model, facts in sorted(found.items())}


def _describe(text: str) -> dict[str, Any]:
    config = load(text, with_references=True)
    [repository, *_] = _DOWNLOAD.findall(text)
    checkpointer = config["checkpointer"]
    return {
        "repository": repository,
        "builder": _PLAIN.sub("", config["model"]["_component_"]),
        "checkpointer": checkpointer["_component_"],
        "checkpoint_files": checkpointer["checkpoint_files"],
        "tokenizer_files": {
            key: _below_model(value)
            for key, value in config["tokenizer"].items()
            if isinstance(value, str) and value.startswith("/tmp/")  # noqa: S108 - where the configs look for models
        },
    }


def _below_model(path: str) -> str:
    """Give the path relative to the model's folder, which lies in ``/tmp``."""
    return path.split("/", 3)[3]


def to_yaml(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the models as YAML; same models, same bytes."""
    return _HEADER + yaml.safe_dump(dict(models), sort_keys=True, default_flow_style=None, width=4096)
