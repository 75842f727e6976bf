"""Overrides, ``key=value`` and ``~key``: the words of ``tune run`` that are TorchTune's own.

TorchTune splits an override at its one ``=`` and reads the value as YAML (torchtune/config/_utils.py); it is never
touched here.
"""

from collections.abc import Iterable

COMPONENT = "_component_"
"""Where a config names what it builds; an override may leave it out."""


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
