"""The configuration that the recipe will see: the YAML file with the command line's overrides merged into it.

The same rules as torchtune/config/_utils.py (`_merge_yaml_and_cli_args`), which cannot be imported without torch.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from trainjob_torchtune.violation import Violation

_COMPONENT = "_component_"


def load_config(path: Path, overrides: Sequence[str]) -> dict[str, Any] | Violation:
    """Return the merged configuration with every interpolation resolved."""
    try:
        config = OmegaConf.load(path)
        container = OmegaConf.to_container(config, resolve=False)
        if not isinstance(container, dict):
            return Violation(f"The configuration {path} is not a mapping of keys to values.")
        values = {str(key): value for key, value in container.items()}
        settings = _settings(values, overrides)
        if isinstance(settings, Violation):
            return settings
        misfit = _find_misfit(values, settings)
        if misfit is not None:
            return Violation(f"The override {misfit} does not fit the configuration {path}: one is a list, one is not.")
        merged = OmegaConf.merge(OmegaConf.create(values), OmegaConf.from_dotlist(settings))
        resolved = OmegaConf.to_container(merged, resolve=True)
    except (OSError, YAMLError, OmegaConfBaseException) as error:
        return Violation(f"The configuration {path} with its overrides cannot be read: {' '.join(str(error).split())}.")
    return {str(key): value for key, value in resolved.items()} if isinstance(resolved, dict) else {}


def _find_misfit(values: dict[str, Any], settings: Sequence[str]) -> str | None:
    """Return the first override that puts a mapping over a list, or a list over a mapping."""
    for setting in settings:
        try:
            OmegaConf.merge(OmegaConf.create(values), OmegaConf.from_dotlist([setting]))
        except TypeError:
            return setting
    return None


def _settings(values: dict[str, Any], overrides: Sequence[str]) -> list[str] | Violation:
    """Apply the removals (`~key`) to `values` and return the rest as OmegaConf's dot list."""
    settings = []
    for override in overrides:
        if override.startswith("--"):
            return Violation(f"The option {override} is not known; the configuration is overridden by key=value.")
        if override.startswith("~"):
            path = override[1:].partition("=")[0]
            if not _remove(values, path.split(".")):
                return Violation(
                    f"The override {override} cannot remove {path}: it is not there, or it is a component."
                )
            continue
        if override.count("=") != 1:
            return Violation(f"The override {override!r} is not of the form key=value with exactly one '='.")
        key, value = override.split("=")
        if isinstance(values.get(key), dict) and _COMPONENT in values[key]:
            key += f".{_COMPONENT}"
        if value == "None":
            value = "!!null"
        if "max_filename" in key:
            value = f"!!str {value}"
        settings.append(f"{key}={value}")
    return settings


def _remove(values: dict[str, Any], path: list[str]) -> bool:
    """Remove a key, and what it leaves empty; False if it is not there or a component."""
    head, *rest = path
    child = values.get(head)
    if head not in values or _COMPONENT in path or (isinstance(child, dict) and _COMPONENT in child and not rest):
        return False
    if not rest:
        del values[head]
        return True
    if not isinstance(child, dict) or not _remove(child, rest):
        return False
    if not child:
        del values[head]
    return True
