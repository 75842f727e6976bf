"""The command line: which modes to measure, how much of each, and where the figures go."""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tests.bench import image_like, report
from tests.bench.errors import BenchError
from tests.bench.figures import Section
from tests.bench.machine import this_machine
from tests.bench.session import Amounts, Mode, measure
from tests.bench.testbed import Testbed, start_cluster
from tests.devcluster import Cluster, DevclusterError
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.connection import from_kubeconfig
from trainjob_operator.controller.kube.transport import Transport
from trainjob_operator.controller.telemetry.metrics import Metrics

_ALL = "all"


def main() -> int:
    """Measure; the exit code is 1 only if something could not be measured, whatever the figures are."""
    arguments = _parser().parse_args()
    console = Console(soft_wrap=True)
    began = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.1f} s[/]  {escape(line)}", highlight=False)

    modes = list(Mode) if _ALL in arguments.modes else [Mode(mode) for mode in arguments.modes]
    amounts = Amounts(
        single=arguments.singles,
        steady=arguments.seconds,
        admission=arguments.creates,
        bursts=arguments.jobs,
        finished=arguments.finished,
        idle=arguments.seconds,
    )
    try:
        with start_cluster(f"bench-{os.getpid()}", say) as cluster:
            version = json.loads(cluster.kubectl("get", "--raw=/version"))["gitVersion"]
            sections = asyncio.run(_measure(cluster, modes, amounts, say))
    except (BenchError, DevclusterError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    machine = this_machine(version, image_like.version())
    console.print(f"\n{machine.describe()}", highlight=False)
    for section in sections:
        report.show(console, section)
    if arguments.json is not None:
        report.write(arguments.json, machine, sections)
    return 0


async def _measure(
    cluster: Cluster, modes: Sequence[Mode], amounts: Amounts, say: Callable[[str], None]
) -> list[Section]:
    async with Transport(from_kubeconfig(cluster.kubeconfig), Metrics()) as transport:
        return await measure(Testbed.prepare(cluster, KubeClient(transport)), modes, amounts, say)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=f"{sys.modules[__package__].__doc__} Figures, never a verdict.",
        epilog="single: one TrainJob after the other; steady: one a second; watch: what kopf costs beside a reflector; "
        "admission: creates with webhooks and without; burst: all at once; idle: requests and CPU with nothing to be "
        "done; restart: until it reconciles again, and what it writes without need.",
    )
    names = [*(mode.value for mode in Mode), _ALL]
    parser.add_argument("modes", metavar="MODE", nargs="+", choices=names, help=", ".join(names))
    parser.add_argument(
        "--jobs", type=_count, nargs="+", default=[100, 500], help="TrainJobs of each burst (default: 100 500)"
    )
    parser.add_argument("--creates", type=_count, default=1000, help="creates with webhooks (default: 1000)")
    parser.add_argument("--singles", type=_count, default=10, help="TrainJobs one at a time (default: 10)")
    parser.add_argument(
        "--seconds", type=_count, default=60, help="how long it is steady, and how long it is idle (default: 60)"
    )
    parser.add_argument(
        "--finished", type=int, default=200, help="finished TrainJobs when idling and restarting (default: 200)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 at least")
    return number


if __name__ == "__main__":
    sys.exit(main())
