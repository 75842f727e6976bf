"""What the installed torch, TorchTune and the launcher each say, to be compared: `facts` prints JSON.

Runs in torch's environment, with the launcher's package on PYTHONPATH; the command lines come as JSON on stdin.
"""

import inspect
import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import torchtune.datasets
from omegaconf import OmegaConf
from torch.distributed.run import get_args_parser
from torchtune._recipe_registry import get_all_recipes
from torchtune.config._utils import _merge_yaml_and_cli_args

from trainjob_torchtune.catalogue import load_catalogue
from trainjob_torchtune.config import load_config
from trainjob_torchtune.refusal import Refusal
from trainjob_torchtune.training import parse_training

CATALOGUE = load_catalogue()
CONFIG = "llama3_2/1B_full"


def registry() -> dict[str, Any]:
    """Return TorchTune's recipes and configurations, in the form of the operator's catalogue."""
    return {
        recipe.name: {"distributed": recipe.supports_distributed, "configs": [config.name for config in recipe.configs]}
        for recipe in get_all_recipes()
    }


def flags() -> list[str]:
    """Return torchrun's options that take no value."""
    actions = get_args_parser()._actions  # torchtune reads them so, too
    return sorted(option for action in actions if action.nargs == 0 for option in action.option_strings)


def builders() -> dict[str, list[str]]:
    """Return the arguments that TorchTune's builders of data sets keep, by builder."""
    found = {
        name: getattr(torchtune.datasets, name) for name in torchtune.datasets.__all__ if name.endswith("_dataset")
    }
    return {
        name: [
            argument.name
            for argument in inspect.signature(builder).parameters.values()
            if argument.kind is not argument.VAR_KEYWORD
        ]
        for name, builder in found.items()
    }


def refused_configs() -> list[str]:
    """Return what the launcher cannot parse of TorchTune's own configurations."""
    complaints = []
    for name, recipe in CATALOGUE.recipes.items():
        for path in recipe.configs.values():
            if path.is_file():
                config = load_config(path, ())
                training = config if isinstance(config, Refusal) else parse_training(name, config)
                complaints += [f"{path}: {training.message}"] if isinstance(training, Refusal) else []
    return complaints


def merges(overrides: Sequence[str]) -> dict[str, Any]:
    """Return a configuration with overrides as TorchTune and as the launcher sees it, null where it is refused."""
    path = CATALOGUE.find_config(CONFIG, "full_finetune_distributed")
    if path is None:
        raise FileNotFoundError(CONFIG)
    ours = load_config(path, overrides)
    values = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    try:
        merged = _merge_yaml_and_cli_args(Namespace(**values), list(overrides))
        theirs = OmegaConf.to_container(merged, resolve=True)
    except Exception:  # noqa: BLE001 - it refuses in many ways
        theirs = None
    return {"ours": None if isinstance(ours, Refusal) else ours, "theirs": theirs}


if __name__ == "__main__":
    facts = {
        "registry": registry(),
        "flags": flags(),
        "builders": builders(),
        "refused_configs": refused_configs(),
        "merges": [merges(overrides) for overrides in json.load(sys.stdin)],
    }
    print(json.dumps(facts))
