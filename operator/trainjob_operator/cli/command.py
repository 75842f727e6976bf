"""What a command of the command line is."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A word of the command line, and what it does.

    Attributes:
        summary: what the list of all commands says about it.
        describe: gives the texts above and below its options.
        add_options: adds its options to its parser.
        execute: does it, and returns the exit code.
        aliases: other words for it, which older versions had; they are not listed.
    """

    name: str
    summary: str
    describe: Callable[[], tuple[str, str]]
    add_options: Callable[[argparse.ArgumentParser], None]
    execute: Callable[[argparse.Namespace], int]
    aliases: tuple[str, ...] = ()
