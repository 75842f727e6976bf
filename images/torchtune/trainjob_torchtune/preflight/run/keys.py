"""An override of a key that no recipe reads changes nothing, without a word from TorchTune: such a key is refused."""

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from trainjob_torchtune.violation import Violation

# How recipes read a key: cfg.KEY, cfg.get("KEY", cfg["KEY"], "KEY" in cfg.
_READ = re.compile(r"""\bcfg(?:\.get\(\s*["'](\w+)|\["(\w+)"\]|\.(\w+))|["'](\w+)["'] (?:not )?in cfg\b""")
_TOP_LEVEL = re.compile(r"^(\w+):", re.MULTILINE)
_INTERPOLATED = re.compile(r"\$\{(\w+)")


def check_keys(overrides: Sequence[str], config: Path, recipes: Iterable[Path]) -> Violation | None:
    """Look for the overrides' first keys in the configuration's file, the recipes' sources and other overrides.

    A key counts as read, too, where the file or another override says `${key}`.

    What follows the first dot are arguments of a component, which refuses unknown ones by itself. A key that another
    recipe reads is let through, so that a runtime's overrides survive a change of the recipe.
    """
    text = config.read_text(encoding="utf-8")
    known = {*_TOP_LEVEL.findall(text), *_INTERPOLATED.findall(" ".join((text, *overrides)))}
    for source in recipes:
        for names in _READ.findall(source.read_text(encoding="utf-8")):
            known.update(names)
    for override in overrides:
        key = override.removeprefix("~").partition("=")[0].partition(".")[0]
        if key not in known:
            like = difflib.get_close_matches(key, sorted(known), n=1)
            hint = f"; did you mean {like[0]}?" if like else "."
            return Violation(f"The override {override} sets {key}, which no recipe of TorchTune reads{hint}")
    return None
