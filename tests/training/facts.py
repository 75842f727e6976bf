"""What the installed torch, TorchTune and the launcher each say, to be compared: `facts` prints JSON.

Runs in torch's environment, with the launcher's package on PYTHONPATH; what to compare comes as JSON on stdin.
"""

import inspect
import json
import re
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from functools import partialmethod
from typing import Any, get_args

import torch
import torchtune.datasets
from omegaconf import OmegaConf
from torch.distributed.run import get_args_parser
from torchtune._cli.run import Run
from torchtune._cli.tune import TuneCLIParser
from torchtune._recipe_registry import get_all_recipes
from torchtune.config._utils import _get_component_from_path, _merge_yaml_and_cli_args
from torchtune.modules.peft import LORA_ATTN_MODULES
from torchtune.training.precision import PRECISION_STR_TO_DTYPE

from trainjob_torchtune.run.builders import read_sizes
from trainjob_torchtune.run.catalogue import load_catalogue
from trainjob_torchtune.run.config import load_config
from trainjob_torchtune.run.training import Builder, parse_training
from trainjob_torchtune.violation import Violation

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
                training = config if isinstance(config, Violation) else parse_training(name, config)
                complaints += [f"{path}: {training.message}"] if isinstance(training, Violation) else []
    return complaints


def limited_configs() -> list[str]:
    """Return the configurations for fine-tuning that limit the length of rows."""
    return sorted(
        name
        for recipe, known in CATALOGUE.recipes.items()
        for name, path in known.configs.items()
        if "_finetune_" in recipe and path.is_file() and has_limit(load_config(path, ()))
    )


def has_limit(config: dict[str, Any] | Violation) -> bool:
    """Say whether a configuration's tokenizer cuts rows."""
    return not isinstance(config, Violation) and config.get("tokenizer", {}).get("max_seq_len") is not None


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
    return {"ours": None if isinstance(ours, Violation) else ours, "theirs": theirs}


def builders_of_models() -> dict[str, Any]:
    """Return the sizes of the models of TorchTune's configurations, as the launcher reads them and as they are made.

    Quantized ones are left out, since a device without memory has no numbers to quantize, and those of several parts.
    """
    found = {}
    for name, recipe in CATALOGUE.recipes.items():
        for path in recipe.configs.values():
            config = load_config(path, ()) if path.is_file() else {}
            training = config if isinstance(config, Violation) else parse_training(name, config)
            for checkpointer in () if isinstance(training, Violation) else training.checkpointers:
                model = checkpointer.model
                if model is not None and not {"qlora", "vision"} & set(re.split(r"[._]", model.component)):
                    found[model.component] = {"ours": read_sizes(model), "theirs": made_sizes(model)}
    return found


def made_sizes(builder: Builder) -> dict[str, int]:
    """Return the sizes of the model that a builder really makes, without the memory that it would take."""
    options = {name: value for name, value in builder.options.items() if name not in {"quantize_base", "use_dora"}}
    with torch.device("meta"):
        model = _get_component_from_path(builder.component)(**options)
    layer = model.layers[0]
    return {
        "embed_dim": model.tok_embeddings.weight.shape[1],
        "num_layers": len(model.layers),
        "vocab_size": model.tok_embeddings.weight.shape[0],
        "num_heads": layer.attn.num_heads,
        "num_kv_heads": layer.attn.num_kv_heads,
        "head_dim": layer.attn.head_dim,
        "intermediate_dim": layer.mlp.w1.weight.shape[0],
    }


def command(line: str) -> list[Any] | None:
    """Return recipe, configuration, overrides, and whether torchrun is to start it, as TorchTune's own command sees it.

    Null where it refuses, or has nothing to run. Only the start of the recipe is taken out of its hands.
    """
    seen: list[list[Any]] = []

    def start(_: Run, arguments: Namespace, is_builtin: bool, *, is_distributed: bool) -> None:  # noqa: ARG001
        words = list(arguments.recipe_args)
        at = words.index("--config")
        seen.append([arguments.recipe, words[at + 1], words[:at] + words[at + 2 :], is_distributed])

    Run._run_single_device = partialmethod(start, is_distributed=False)
    Run._run_distributed = partialmethod(start, is_distributed=True)
    sys.argv = ["tune", "run", *line.split()]
    with suppress(SystemExit, IndexError), redirect_stdout(sys.stderr):
        parser = TuneCLIParser()
        parser.run(parser.parse_args())
    return seen[0] if seen else None


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    facts = {
        "registry": registry(),
        "flags": flags(),
        "builders": builders(),
        "refused_configs": refused_configs(),
        "limited_configs": limited_configs(),
        "lora_modules": list(get_args(LORA_ATTN_MODULES)),
        "precisions": list(PRECISION_STR_TO_DTYPE),
        "models": builders_of_models(),
        "merges": [merges(overrides) for overrides in asked["overrides"]],
        "commands": [command(line) for line in asked["commands"]],
    }
    print(json.dumps(facts))
