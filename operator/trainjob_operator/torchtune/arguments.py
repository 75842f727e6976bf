"""Command lines of ``tune run``: ``tune run [torchrun flags] RECIPE --config CONFIG [key=value ...]``.

TorchTune splits an override at its one ``=`` and reads the value as YAML (torchtune/config/_utils.py); it is never
touched here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TUNE_RUN = ("tune", "run")
COMPONENT = "_component_"
"""Where a config names what it builds; an override may leave it out."""


@dataclass(frozen=True, slots=True)
class TuneRun:
    """A parsed ``tune run``. ``flags`` are torchrun's, before the recipe."""

    flags: tuple[str, ...]
    recipe: str
    config: str
    overrides: tuple[str, ...]

    def render(self) -> tuple[str, ...]:
        """Write the command line, one element an argument."""
        return (*TUNE_RUN, *self.flags, self.recipe, "--config", self.config, *self.overrides)


def parse_tune_run(command: Sequence[str]) -> TuneRun | None:
    """Parse a command line; None if it is not ``tune run`` with a recipe and a config.

    torchrun's flags are taken with ``=`` or with their value after them, as argparse does. Overrides may stand on both
    sides of ``--config``.
    """
    if tuple(command[:2]) != TUNE_RUN:
        return None
    rest = list(command[2:])
    config_at = next((at for at, word in enumerate(rest) if word == "--config" or word.startswith("--config=")), None)
    if not config_at:
        return None
    before, option = rest[:config_at], rest[config_at]
    after = rest[config_at + 1 :]
    config = option.partition("=")[2] if "=" in option else (after.pop(0) if after else "")
    recipe_at = next((at for at in reversed(range(len(before))) if not is_override(before[at])), None)
    if not config or recipe_at is None or before[recipe_at].startswith("-"):
        return None
    overrides = (*before[recipe_at + 1 :], *after)
    return TuneRun(flags=tuple(before[:recipe_at]), recipe=before[recipe_at], config=config, overrides=overrides)


def is_override(word: str) -> bool:
    """Tell whether a word of a command line is TorchTune's: ``key=value``, or ``~key``, which deletes."""
    return word.startswith("~") or ("=" in word and not word.startswith("-"))


def key_of(argument: str) -> str:
    """Give what stands before the first ``=``; the whole argument if there is none."""
    return argument.partition("=")[0]


def component_key_of(argument: str) -> str:
    """Give the key of an override, and the component's own for ``KEY._component_=...``, which means ``KEY=...``."""
    return key_of(argument).removesuffix(f".{COMPONENT}")


def value_of(arguments: Iterable[str], key: str) -> str | None:
    """Give the value of the last override of a key, as TorchTune lets the last one win."""
    value = None
    for argument in arguments:
        name, equals, text = argument.partition("=")
        if name == key and equals:
            value = text
    return value


def is_true(arguments: Iterable[str], key: str) -> bool:
    """Tell whether an override sets a key to true, in any spelling of the case."""
    return (value_of(arguments, key) or "").strip().lower() == "true"
