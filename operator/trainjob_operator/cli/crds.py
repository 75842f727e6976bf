"""`trainjob-operator crds`: the CRDs of this version, printed or applied."""

import argparse
import asyncio

import yaml

from trainjob_operator.api.schema import custom_resource_definitions
from trainjob_operator.cli.command import Command
from trainjob_operator.settings import read_settings


def _execute(options: argparse.Namespace) -> int:
    if options.apply:
        settings = read_settings()
        from trainjob_operator.controller import process  # noqa: PLC0415 - kopf and aiohttp, which are large

        asyncio.run(process.install_crds(settings))
    else:
        print(yaml.safe_dump_all(custom_resource_definitions().values(), sort_keys=False), end="")
    return 0


def _describe() -> tuple[str, str]:
    return "Print the CustomResourceDefinitions of this version as YAML.", ""


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--apply",
        action="store_true",
        help="apply them on the server instead, and wait until they are served (needs get, create and patch on them)",
    )


COMMAND = Command("crds", "print the CRDs of this version, or apply them", _describe, _add_options, _execute)
