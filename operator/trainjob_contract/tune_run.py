"""The command line ``tune run [torchrun flags] RECIPE --config CONFIG [key=value ...]``, as TorchTune 0.6.1 reads it.

torchtune/_cli/run.py: the first word that torchrun does not take is the recipe, everything behind it is the recipe's,
and of that the word ``--config`` says that the next one is the configuration. Overrides may stand on both sides of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

TUNE_RUN = ("tune", "run")
USAGE = "tune run [TORCHRUN-OPTIONS] RECIPE --config CONFIG [KEY=VALUE ...]"
WITHOUT_VALUE = frozenset({"--standalone", "--module", "-m", "--no-python", "--run-path", "--virtual-local-rank"})
"""torchrun's flags that take no value (torch/distributed/run.py, get_args_parser); all others take one."""
HELP = frozenset({"-h", "--help"})
_CONFIG = "--config"
_SHORT = 2


@dataclass(frozen=True, slots=True)
class TuneRun:
    """What is asked for. ``flags`` are torchrun's, ``overrides`` all behind the recipe but ``--config CONFIG``."""

    flags: tuple[str, ...]
    recipe: str
    config: str
    overrides: tuple[str, ...]

    @property
    def is_distributed(self) -> bool:
        """Whether TorchTune hands the recipe to torchrun: it does if any of torchrun's flags is there."""
        return bool(self.flags)

    def option(self, name: str) -> str | None:
        """Return the value of one of torchrun's flags, named with underscores and without dashes, or None."""
        value = None
        words = iter(self.flags)
        for word in words:
            if _takes_next(word):
                given, candidate = word, next(words, "")
            else:
                given, _, candidate = word.partition("=")
            if _canonical(given) == _canonical(f"--{name}"):
                value = candidate
        return value

    def overrides_key(self, key: str) -> bool:
        """Tell whether the command line sets or removes a key."""
        return any(word.removeprefix("~").partition("=")[0] == key for word in self.overrides)

    def with_override(self, override: str) -> "TuneRun":
        """Return the same run with one more ``key=value``."""
        return replace(self, overrides=(*self.overrides, override))

    def with_arguments(self, words: Sequence[str]) -> "TuneRun | None":
        """Return what comes of words behind the command line; None if they ask for help."""
        return replace(self, overrides=(*self.overrides, *words)) if HELP.isdisjoint(words) else None

    def render(self) -> tuple[str, ...]:
        """Write the command line, one element an argument."""
        return (*TUNE_RUN, *self.flags, self.recipe, _CONFIG, self.config, *self.overrides)


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why TorchTune would refuse a ``tune run``, and how to write it; a sentence can begin or end with it."""

    message: str


def parse_tune_run(command: Sequence[str]) -> TuneRun | Malformed | None:
    """Parse a command line; None if it is another program's, or asks for help."""
    if tuple(command[: len(TUNE_RUN)]) != TUNE_RUN or not HELP.isdisjoint(command):
        return None
    words = command[len(TUNE_RUN) :]
    position = 0
    while position < len(words) and words[position].startswith("-"):
        position += 2 if _takes_next(words[position]) else 1
    flags, rest = tuple(words[:position]), tuple(words[position:])
    if not rest or is_override(rest[0]):
        return _refuse("the command names no recipe", flags)
    if _CONFIG not in rest[1:-1]:
        return _refuse(f"the recipe {rest[0]} is given no configuration", (*flags, *rest))
    at = rest.index(_CONFIG)
    return TuneRun(flags=flags, recipe=rest[0], config=rest[at + 1], overrides=(*rest[1:at], *rest[at + 2 :]))


def is_override(word: str) -> bool:
    """Tell whether a word is TorchTune's: ``key=value``, or ``~key``, which deletes."""
    return word.startswith("~") or ("=" in word and not word.startswith("-"))


def names_config(words: Sequence[str]) -> bool:
    """Tell whether words say which configuration is meant, in the right way or in one that TorchTune does not know."""
    return any(word == _CONFIG or word.startswith(f"{_CONFIG}=") for word in words)


def _refuse(cause: str, words: Sequence[str]) -> Malformed:
    """Say what is wrong, and what of it looks like the configuration that was meant."""
    inline = next((word for word in words if word.startswith(f"{_CONFIG}=")), None)
    if inline is not None:
        cause += f", because TorchTune does not read {inline}: --config is a word of its own, behind the recipe"
    elif _CONFIG in words:
        cause += ", because TorchTune reads --config only behind the recipe, with a word after it"
    return Malformed(f"{cause}; the command has to be `{USAGE}`")


def _takes_next(flag: str) -> bool:
    """Tell whether the next word is the value of a flag of torchrun's.

    Some take none, others have it behind ``=`` or, as ``-r3``, behind a single letter. argparse completes what is
    abbreviated, as long as only one flag begins so.
    """
    if not flag.startswith("--"):
        return len(flag) <= _SHORT and flag not in WITHOUT_VALUE
    return "=" not in flag and not any(known.startswith(_canonical(flag)) for known in WITHOUT_VALUE)


def _canonical(name: str) -> str:
    """Write a flag with dashes; torchrun takes underscores too."""
    return name[:2] + name[2:].replace("_", "-")
