"""The command line: run the operator, print or apply its CRDs, or tell what would become of TrainJobs."""

import argparse
import asyncio
import sys
import textwrap
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import yaml

from trainjob_operator import __version__
from trainjob_operator.api.schema import custom_resource_definitions
from trainjob_operator.errors import TrainJobOperatorError
from trainjob_operator.plan.documents import read_documents, write_manifests
from trainjob_operator.plan.forecast import PlannedTrainJob, all_children, foresee
from trainjob_operator.plan.summary import describe, explain, head_manifests
from trainjob_operator.settings import describe_settings, read_settings

_STDIN = "-"
_RENDER = """\
Tell, without a cluster, what would become of TrainJobs: what is chosen, what is created, and every error and warning
that admission gives, in the words of `kubectl apply --dry-run=server`. Runtimes are taken from the files as well, also
as `kubectl get clustertrainingruntime NAME -o yaml` gives them, or else from those shipped with this version.
"""
_ONLY_A_SERVER = """\
Only a server can tell: the CEL rules of the CRDs (but for the form of a name), what other webhooks, quotas and Pod
Security say, whether Secrets, claims and storage classes are there, and UIDs. What the schema itself refuses, such as
a number out of bounds, is told in our own words.

Exit codes: 0 all is well, warnings or not; 1 something is refused, or cannot be read (see stderr); 2 wrong usage.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except (TrainJobOperatorError, OSError) as error:
        print(f"trainjob-operator: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(_options: argparse.Namespace) -> int:
    settings = read_settings()
    from trainjob_operator.controller import process  # noqa: PLC0415 - kopf and aiohttp, which are large

    asyncio.run(process.run(settings))
    return 0


def _crds(options: argparse.Namespace) -> int:
    if options.apply:
        settings = read_settings()
        from trainjob_operator.controller import process  # noqa: PLC0415 - as above

        asyncio.run(process.install_crds(settings))
    else:
        print(yaml.safe_dump_all(custom_resource_definitions().values(), sort_keys=False), end="")
    return 0


def _render(options: argparse.Namespace) -> int:
    sources = [("stdin" if name == _STDIN else name, _read(name)) for name in options.filename]
    documents = read_documents(sources, options.namespace)
    for error in documents.errors:
        print(f"trainjob-operator: {error}", file=sys.stderr)
    if documents.errors:
        return 1
    outcomes = foresee(documents, datetime.now(UTC))
    for other in documents.others:
        print(f"Note: {other} is not looked at", file=sys.stderr)
    write = _write_manifests if options.output == "yaml" else _write_summaries
    write(outcomes)
    for outcome in outcomes:
        if outcome.errors:
            print(explain(outcome), end="", file=sys.stderr)
    return 1 if any(outcome.errors for outcome in outcomes) else 0


def _read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == _STDIN else Path(name).read_bytes()


def _write_manifests(outcomes: tuple[PlannedTrainJob, ...]) -> None:
    """Print all manifests or, so that nobody applies the half of them, none."""
    if any(outcome.errors for outcome in outcomes):
        return
    print(head_manifests(outcomes) + write_manifests(all_children(outcomes)), end="")
    for warning in (warning for outcome in outcomes for warning in outcome.warnings):
        print(f"Warning: {warning}", file=sys.stderr)


def _write_summaries(outcomes: tuple[PlannedTrainJob, ...]) -> None:
    told = [
        outcome for outcome in outcomes if not outcome.errors and (outcome.forecast is not None or outcome.warnings)
    ]
    print("\n".join(map(describe, told)), end="")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trainjob-operator",
        description="A Kubernetes operator that fine-tunes large language models with TorchTune.",
    )
    parser.add_argument("--version", action="version", version=f"trainjob-operator {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser(
        "run",
        help="run the operator until it is told to stop",
        description="Run the operator until SIGTERM or SIGINT. Everything is set by the environment:",
        epilog=_settings_table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    crds = commands.add_parser(
        "crds",
        help="print the CRDs of this version, or apply them",
        description="Print the CustomResourceDefinitions of this version as YAML.",
    )
    crds.add_argument(
        "--apply",
        action="store_true",
        help="apply them on the server instead, and wait until they are served (needs get, create and patch on them)",
    )
    render = commands.add_parser(
        "render",
        help="tell what would become of TrainJobs, without a cluster",
        description=_RENDER,
        epilog=_ONLY_A_SERVER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    render.add_argument(
        "-f",
        "--filename",
        action="append",
        required=True,
        metavar="FILE",
        help="YAML file; - is stdin; may be repeated",
    )
    render.add_argument(
        "-n", "--namespace", default="default", help="namespace of objects that name none (default: %(default)s)"
    )
    render.add_argument(
        "-o",
        "--output",
        choices=("summary", "yaml"),
        default="summary",
        help="yaml: the manifests alone, for kubectl diff or kubectl apply --dry-run (default: %(default)s)",
    )
    return parser


def _settings_table() -> str:
    rows = []
    for variable, default, description in describe_settings():
        rows.append(f"  {variable}{f' (default {default})' if default else ''}")
        rows += textwrap.wrap(description, width=100, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return "\n".join(rows)


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {"run": _run, "crds": _crds, "render": _render}


if __name__ == "__main__":
    sys.exit(main())
