"""The program `trainjob-operator`: reads the command line, calls the command, turns what goes wrong into an exit code.

It is made of argparse: the operator's image then holds no package that only a command line needs.
"""

import argparse
import sys

from trainjob_operator import __version__
from trainjob_operator.cli import crds, plan, run
from trainjob_operator.cli.command import Command
from trainjob_operator.errors import TrainJobOperatorError

_COMMANDS = (run.COMMAND, crds.COMMAND, plan.COMMAND)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.execute(options))
    except (TrainJobOperatorError, OSError) as error:
        print(f"trainjob-operator: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trainjob-operator",
        description="A Kubernetes operator that fine-tunes large language models with TorchTune.",
    )
    parser.add_argument("--version", action="version", version=f"trainjob-operator {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        _add(commands.add_parser(command.name, help=command.summary), command)
        for alias in command.aliases:  # without a help, which keeps it out of the list
            _add(commands.add_parser(alias), command)
    return parser


def _add(parser: argparse.ArgumentParser, command: Command) -> None:
    parser.description, parser.epilog = command.describe()
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_options(parser)
    parser.set_defaults(execute=command.execute)
