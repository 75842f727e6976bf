"""Whether an override's key means anything to a recipe. TorchTune itself ignores most misspelt ones in silence."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from trainjob_operator.plain_yaml import load
from trainjob_operator.torchtune.arguments import component_key_of, key_of
from trainjob_operator.torchtune.catalogue import RECIPES
from trainjob_operator.torchtune.later import explain_later

_INTERPOLATION = re.compile(r"\$\{([\w.]+)\}")
_ALIKE = 0.72
_SURELY_MEANT = 0.8
_LONGEST = 128
_FILES = (".yaml", ".yml", ".py")


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """An override whose key the config does not have. ``nearest``: the one that was meant, or None."""

    position: int
    key: str
    nearest: str | None


def keys_of(recipe: str, config: str) -> frozenset[str]:
    """Give the keys that a config lists and that its recipe reads; none for those that TorchTune does not ship."""
    return _by_config().get((recipe, config), frozenset())


def find_unknown_keys(recipe: str, config: str, arguments: Iterable[str]) -> tuple[UnknownKey, ...]:
    """Find the overrides of a shipped config that change nothing.

    Components take more than a config lists: there, only what is nearly a known key is told of, and of components that
    are not TorchTune's own nothing is.
    """
    known = keys_of(recipe, config)
    overrides = [(at, argument) for at, argument in enumerate(arguments) if not argument.startswith("--")]
    if not known:
        return ()
    used = {name for _, argument in overrides for name in _INTERPOLATION.findall(argument)}
    foreign = {
        component_key_of(argument)
        for _, argument in overrides
        if "." in (value := argument.partition("=")[2]) and not value.startswith("torchtune.")
    }
    unknown = []
    for at, argument in overrides:
        key = component_key_of(argument).removeprefix("~")
        if key in known or key in used:
            continue
        group, dot, rest = key.partition(".")
        is_of_component = bool(dot) and group in known
        if is_of_component and (group in foreign or rest.partition(".")[0] in _parameters_of(group)):
            continue
        nearest = _find_nearest(key, known, _SURELY_MEANT if is_of_component else _ALIKE)
        if nearest is not None or not is_of_component or explain_later(argument) is not None:
            unknown.append(UnknownKey(position=at, key=key, nearest=nearest))
    return tuple(unknown)


def find_misnomer(recipe: str, config: str) -> str | None:
    """Tell which recipe or config was meant by a name that is nearly one of TorchTune's; a file's name is one's own."""
    for kind, name, known in (
        ("recipe", recipe, frozenset(RECIPES)),
        ("config", config, frozenset(one for entry in RECIPES.values() for one in entry.configs)),
    ):
        if name not in known and not name.endswith(_FILES):
            nearest = _closest(name[:_LONGEST], known, _ALIKE)
            if nearest is not None:
                return f"TorchTune has no {kind} {name}, did you mean {nearest}?"
    return None


def find_repetitions(arguments: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the positions of an override and of a later one of the same key with another value, which alone counts."""
    seen: dict[str, int] = {}
    arguments = tuple(arguments)
    for at, argument in enumerate(arguments):
        before = seen.get(key_of(argument))
        if before is not None and arguments[before] != argument:
            yield before, at
        seen[key_of(argument)] = at


def _find_nearest(key: str, known: frozenset[str], cutoff: float) -> str | None:
    group, dot, rest = key[:_LONGEST].partition(".")
    if not dot:
        inner = min((name for name in known if name.endswith(f".{key}")), default=None)
        return inner or _closest(group, (name for name in known if "." not in name), cutoff)
    near = group if group in known else _closest(group, (name for name in known if "." not in name), _SURELY_MEANT)
    if near is None:
        return None
    names = {*_parameters_of(near), *(name.partition(".")[2] for name in known if name.startswith(f"{near}."))}
    inside = rest if near != group and rest.partition(".")[0] in names else _closest(rest, names, _SURELY_MEANT)
    return inside and f"{near}.{inside}"


def _closest(word: str, words: Iterable[str], cutoff: float) -> str | None:
    return next(iter(difflib.get_close_matches(word, sorted(words), n=1, cutoff=cutoff)), None)


def _parameters_of(group: str) -> frozenset[str]:
    """Give what components of a kind take; kinds are told by the end of their names, as in ``ref_checkpointer``."""
    return next((names for kind, names in _components().items() if group.endswith(kind)), frozenset())


@cache
def _data() -> Mapping[str, Any]:
    text = resources.files("trainjob_operator.torchtune").joinpath("keys.yaml").read_text(encoding="utf-8")
    data: Mapping[str, Any] = load(text)
    return data


@cache
def _components() -> Mapping[str, frozenset[str]]:
    return {kind: frozenset(names) for kind, names in _data()["components"].items()}


@cache
def _by_config() -> Mapping[tuple[str, str], frozenset[str]]:
    return {
        (recipe, config): frozenset((*entry["keys"], *group["keys"]))
        for recipe, entry in _data()["recipes"].items()
        for group in entry["groups"]
        for config in group["configs"]
    }
