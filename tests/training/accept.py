"""Ask TorchTune whether it takes configurations: `accept < JSON` prints what is wrong with each.

In: a list of {recipe, config, overrides}. Out: a list of texts, empty where all is well. A configuration is merged as
a recipe merges it, each of its components has to take the arguments that it gets (`tune validate`), each model is built
on the meta device, and the recipe has to find the keys that it reads.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

import torch
import torchtune
from omegaconf import DictConfig, OmegaConf
from torchtune import config
from torchtune._recipe_registry import get_all_recipes
from torchtune.config._parse import TuneRecipeArgumentParser
from torchtune.config._utils import _merge_yaml_and_cli_args

RECIPES = Path(torchtune.__file__).parent.parent / "recipes"
_READ = re.compile(r"\bcfg\.(?!get\b|update\b|pop\b|keys\b|items\b)(\w+)")


def answer(recipe: str, name: str, overrides: list[str]) -> str:
    """Say what is wrong with a configuration, or nothing."""
    try:
        cfg = load(recipe, name, overrides)
        config.validate(cfg)
        for key, part in cfg.items():
            if str(key) == "model" or str(key).endswith("_model"):
                build(json.dumps(OmegaConf.to_container(part, resolve=True)))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return f"{type(error).__name__}: {error}"
    missing = read_by(recipe) - set(map(str, cfg)) - missing_of_shipped(recipe)
    return f"the recipe reads {sorted(missing)}, which are not there" if missing else ""


def load(recipe: str, name: str, overrides: list[str]) -> DictConfig:
    """Merge overrides into a config, as recipes do (torchtune/config/_parse.py)."""
    parser = TuneRecipeArgumentParser()
    return _merge_yaml_and_cli_args(*parser.parse_known_args(["--config", str(file_of(recipe, name)), *overrides]))


@cache
def build(part: str) -> None:
    """Make a model without its weights; NF4 wants some, so that its base is left as it is."""
    model = OmegaConf.create(json.loads(part))
    if model["_component_"].rpartition(".")[2].startswith("qlora_") or "quantize_base" in model:
        model["quantize_base"] = False
    with torch.device("meta"):
        config.instantiate(model)


def file_of(recipe: str, name: str) -> Path:
    """Find a config: the recipe's own first, then any of that name."""
    recipes = sorted(get_all_recipes(), key=lambda known: known.name != recipe)
    files = (one.file_path for known in recipes for one in known.configs if one.name == name)
    return RECIPES / "configs" / str(next(files))


@cache
def read_by(recipe: str) -> set[str]:
    """Give the keys that a recipe reads as if they were always there."""
    [known] = [one for one in get_all_recipes() if one.name == recipe]
    return set(_READ.findall((RECIPES / known.file_path).read_text()))


@cache
def missing_of_shipped(recipe: str) -> set[str]:
    """Give those that one of the recipe's own configs does without."""
    [known] = [one for one in get_all_recipes() if one.name == recipe]
    files = [RECIPES / "configs" / one.file_path for one in known.configs]
    lacking = [read_by(recipe) - set(map(str, OmegaConf.load(file))) for file in files if file.exists()]
    return set().union(*lacking)


if __name__ == "__main__":
    print(json.dumps([answer(one["recipe"], one["config"], one["overrides"]) for one in json.load(sys.stdin)]))
