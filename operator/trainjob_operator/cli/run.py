"""`trainjob-operator run`: the operator itself."""

import argparse
import asyncio
import textwrap

from trainjob_operator.cli.command import Command
from trainjob_operator.settings import describe_settings, read_settings


def _execute(_options: argparse.Namespace) -> int:
    settings = read_settings()
    from trainjob_operator.controller import process  # noqa: PLC0415 - kopf and aiohttp, which are large

    asyncio.run(process.run(settings))
    return 0


def _describe() -> tuple[str, str]:
    rows = []
    for variable, default, description in describe_settings():
        rows.append(f"  {variable}{f' (default {default})' if default else ''}")
        rows += textwrap.wrap(description, width=100, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return "Run the operator until SIGTERM or SIGINT. Everything is set by the environment:", "\n".join(rows)


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add none: what runs in a pod is set by its environment."""
    del parser


COMMAND = Command("run", "run the operator until it is told to stop", _describe, _add_options, _execute)
