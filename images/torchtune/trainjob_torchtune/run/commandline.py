"""The command line `tune run [torchrun options] RECIPE --config CONFIG [key=value ...]`, taken apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trainjob_torchtune.violation import Violation

# torchrun's options that take no value (torch/distributed/run.py, get_args_parser); all others take one.
_FLAGS = frozenset({"--standalone", "--module", "-m", "--no-python", "--run-path", "--virtual-local-rank"})
_HELP = frozenset({"-h", "--help"})
_USAGE = "tune run [TORCHRUN-OPTIONS] RECIPE --config CONFIG [KEY=VALUE ...]"


@dataclass(frozen=True, slots=True)
class Run:
    """What `tune run` is asked to do; `overrides` is everything after the recipe but `--config CONFIG`."""

    torchrun: tuple[str, ...]
    recipe: str
    config: str
    overrides: tuple[str, ...]

    @property
    def is_distributed(self) -> bool:
        """Whether torchtune hands the recipe to torchrun: it does if any of torchrun's options is there."""
        return bool(self.torchrun)

    def option(self, name: str) -> str | None:
        """Return the value of a torchrun option, named with underscores and without dashes, or None."""
        value = None
        words = iter(self.torchrun)
        for word in words:
            given, equals, inline = word.partition("=")
            if _canonical(given) in _FLAGS:
                continue
            candidate = inline if equals else next(words, "")
            if _canonical(given) == _canonical(f"--{name}"):
                value = candidate
        return value

    def overrides_key(self, key: str) -> bool:
        """Say whether the command line sets or removes `key`."""
        return any(word.removeprefix("~").partition("=")[0] == key for word in self.overrides)

    def with_override(self, override: str) -> "Run":
        """Return the same run with one more `key=value`."""
        return replace(self, overrides=(*self.overrides, override))

    def arguments(self) -> list[str]:
        """Return the words after `tune`."""
        return ["run", *self.torchrun, self.recipe, "--config", self.config, *self.overrides]


def parse(words: Sequence[str]) -> Run | Violation | None:
    """Take the words after `tune` apart; None if they do not ask to run anything."""
    if not words or words[0] != "run" or not _HELP.isdisjoint(words):
        return None
    position = 1
    while position < len(words) and words[position].startswith("-"):
        name, equals, _ = words[position].partition("=")
        position += 1 if equals or _canonical(name) in _FLAGS else 2
    rest = list(words[position:])
    if not rest:
        return Violation(f"The command names no recipe; it has to be `{_USAGE}`.")
    if "--config" not in rest[1:-1]:
        return Violation(f"The recipe {rest[0]} is given no configuration; the command has to be `{_USAGE}`.")
    config = rest.index("--config")
    return Run(
        torchrun=tuple(words[1:position]),
        recipe=rest[0],
        config=rest[config + 1],
        overrides=(*rest[1:config], *rest[config + 2 :]),
    )


def _canonical(name: str) -> str:
    """Write a name with dashes; torchrun takes underscores too."""
    return name[:2] + name[2:].replace("_", "-")
