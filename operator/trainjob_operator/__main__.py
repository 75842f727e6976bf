"""The command line: run the operator, or print or apply its CRDs."""

import argparse
import asyncio
import gc
import sys
import textwrap

import yaml

from trainjob_operator import __version__
from trainjob_operator.controller import logs
from trainjob_operator.controller.credentials import find_connection
from trainjob_operator.controller.installation import apply_crds, report_missing_fields, require_kinds
from trainjob_operator.controller.kube import KubeClient
from trainjob_operator.controller.neighbours import require_solitude
from trainjob_operator.controller.telemetry import Metrics
from trainjob_operator.controller.transport import Transport
from trainjob_operator.errors import TrainJobOperatorError
from trainjob_operator.settings import Settings, describe_settings, read_settings

_GARBAGE = 10_000  # new objects; a few bodies from the API server are more than the usual 700


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = read_settings()
        logs.configure(settings.log_format, settings.log_level)
        if options.command == "run":
            asyncio.run(_run(settings))
        elif options.apply:
            asyncio.run(_apply_crds(settings))
        else:
            _print_crds()
    except (TrainJobOperatorError, OSError) as error:
        print(f"trainjob-operator: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


async def _run(settings: Settings) -> None:
    from trainjob_operator.api.schema import custom_resource_definitions  # noqa: PLC0415 - loads Kubernetes' own types
    from trainjob_operator.controller.engine import Engine  # noqa: PLC0415 - only this command needs the operator
    from trainjob_operator.controller.handlers import run_operator  # noqa: PLC0415 - and kopf, which is large

    connection = find_connection(settings.kubeconfig, settings.kube_context)
    metrics = Metrics()
    async with Transport(
        connection, metrics, timeout=settings.request_timeout, max_connections=settings.max_connections
    ) as transport:
        kube = KubeClient(transport)
        engine = Engine(settings, kube, metrics)
        await engine.serve_health()
        await require_kinds(kube, settings.namespaces)
        await require_solitude(kube, settings.webhook_configuration, tolerate=settings.tolerate_neighbours)
        await report_missing_fields(kube, metrics, list(custom_resource_definitions().values()))
        _spare_the_collector()
        await run_operator(engine, connection, settings.namespaces, settings.lease_identity)


def _spare_the_collector() -> None:
    """Have the garbage collector look less often, and never again at modules and classes: they stay to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)


async def _apply_crds(settings: Settings) -> None:
    from trainjob_operator.api.schema import custom_resource_definitions  # noqa: PLC0415 - loads Kubernetes' own types

    connection = find_connection(settings.kubeconfig, settings.kube_context)
    async with Transport(connection, Metrics(), timeout=settings.request_timeout) as transport:
        await apply_crds(KubeClient(transport), list(custom_resource_definitions().values()))


def _print_crds() -> None:
    from trainjob_operator.api.schema import custom_resource_definitions  # noqa: PLC0415 - loads Kubernetes' own types

    print(yaml.safe_dump_all(custom_resource_definitions().values(), sort_keys=False), end="")


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
    return parser


def _settings_table() -> str:
    rows = []
    for variable, default, description in describe_settings():
        rows.append(f"  {variable}{f' (default {default})' if default else ''}")
        rows += textwrap.wrap(description, width=100, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
