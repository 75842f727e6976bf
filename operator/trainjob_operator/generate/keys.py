"""Makes ``torchtune/keys.yaml`` from an installed TorchTune, without importing it.

    python -m trainjob_operator.generate.keys SITE_PACKAGES

SITE_PACKAGES is the folder that holds ``torchtune``, ``recipes``, ``torch`` and ``datasets``. Keys are those that a
recipe's configs list and that its code reads; components take what the functions and classes of their kind take.
"""

import argparse
import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from trainjob_operator.plain_yaml import load
from trainjob_operator.torchtune import catalogue
from trainjob_operator.torchtune.catalogue import RECIPES, Recipe

DATA = Path(catalogue.__file__).with_name("keys.yaml")
_HEADER = """\
# The keys of the recipes and configs of TorchTune 0.6.1, and what the components of each kind take.
# Made by `python -m trainjob_operator.generate.keys`; do not edit. A test compares it with the pinned wheel.
"""
_READ_BY_RECIPES = re.compile(r"""\bcfg(?:\.get\(\s*["'](\w+)["']|\["(\w+)"\]|\.(\w+)\b(?!\())""")
_NO_KEYS = {"get", "update", "pop", "items", "keys", "copy"}
_ANY = re.compile("")
_SOURCES: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "checkpointer": (("torchtune/training/checkpointing/_checkpointer.py", re.compile("Checkpointer$")),),
    "dataset": (("torchtune/datasets/**/*.py", _ANY), ("datasets/load.py", re.compile("^load_dataset$"))),
    "loss": (("torchtune/modules/loss/*.py", _ANY), ("torchtune/rlhf/loss/*.py", _ANY)),
    "lr_scheduler": (("torchtune/training/lr_schedulers.py", re.compile("^get_.*_schedule")),),
    "metric_logger": (("torchtune/training/metric_logging.py", re.compile("Logger$")),),
    "model": (("torchtune/models/**/_*_builders.py", re.compile("^(?!.*(tokenizer|transform)$)")),),
    "optimizer": (("torch/optim/[a-z]*.py", re.compile("^(?!.*(LR|Scheduler|Model)$)[A-Z]")),),
    "profiler": (("torchtune/training/_profiler.py", re.compile("^setup_")),),
    "quantizer": (("torchtune/training/quantization.py", re.compile("Quantizer$")),),
    "tokenizer": (("torchtune/models/**/*.py", re.compile("([Tt]okenizer|[Tt]ransform)$")),),
}
"""Which functions and classes, by their names, of which files make the components of a kind."""


def extract(site_packages: Path) -> dict[str, Any]:
    """Read the keys of all recipes, their configs and the kinds of component out of the wheels' files."""
    return {
        "components": {
            kind: sorted(
                {
                    parameter
                    for glob, makers in sources
                    for file in site_packages.glob(glob)
                    for parameter in _parameters(file, makers)
                }
            )
            for kind, sources in _SOURCES.items()
        },
        "recipes": {recipe.name: _extract_recipe(site_packages / "recipes", recipe) for recipe in RECIPES.values()},
    }


def _extract_recipe(folder: Path, recipe: Recipe) -> dict[str, Any]:
    files = {config: _find(folder, config) for config in sorted(recipe.configs)}
    listed = {
        config: set(_keys(load(file.read_text(encoding="utf-8"), with_references=True)))
        for config, file in files.items()
        if file is not None
    }
    read = {
        name
        for groups in _READ_BY_RECIPES.findall((folder / f"{recipe.name}.py").read_text(encoding="utf-8"))
        for name in groups
        if name and name not in _NO_KEYS
    }
    common = read | (set.intersection(*listed.values()) if listed else set())
    groups: dict[tuple[str, ...], list[str]] = {}
    for config, keys in listed.items():
        groups.setdefault(tuple(sorted(keys - common)), []).append(config)
    return {
        "keys": sorted(common),
        "groups": [{"configs": configs, "keys": list(more)} for more, configs in groups.items()],
    }


def _find(folder: Path, config: str) -> Path | None:
    """Find a config's file; TorchTune 0.6.1 lists one that it does not ship."""
    file = folder / "configs" / f"{config}.yaml"
    return file if file.exists() else None


def _keys(config: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in config.items():
        if name == "_component_":
            continue
        yield f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{name}.")


def _parameters(file: Path, makers: re.Pattern[str]) -> Iterator[str]:
    """Yield the parameters of a module's functions, and of its classes' constructors, whose names match."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or not makers.search(node.name):
            continue
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        for function in members:
            if isinstance(function, ast.FunctionDef) and (function is node or function.name == "__init__"):
                arguments = function.args
                names = (argument.arg for argument in (*arguments.args, *arguments.kwonlyargs))
                yield from (name for name in names if name not in {"self", "params"})


def to_yaml(keys: Mapping[str, Any]) -> str:
    """Write the keys as YAML; same keys, same bytes."""
    return _HEADER + yaml.safe_dump(dict(keys), sort_keys=True, default_flow_style=None, width=4096)


def main() -> None:
    """Make the data file of TorchTune's keys from its wheel."""
    parser = argparse.ArgumentParser(prog="python -m trainjob_operator.generate.keys", description=main.__doc__)
    parser.add_argument("site_packages", type=Path)
    DATA.write_text(to_yaml(extract(parser.parse_args().site_packages)), encoding="utf-8")


if __name__ == "__main__":
    main()
