"""A process that keeps a store of TrainJobs in step and does nothing else: `listener.py kopf|reflector FILE NAMESPACE`.

It runs on the packages of the operator's image alone.
"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.cache.census import Census
from trainjob_operator.controller.cache.reflector import Reflector
from trainjob_operator.controller.handlers import run_operator
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.connection import Connection, from_kubeconfig
from trainjob_operator.controller.kube.resources import TRAINJOBS
from trainjob_operator.controller.kube.transport import Transport
from trainjob_operator.controller.telemetry import logs
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.settings import LogFormat, LogLevel


@dataclass(slots=True)
class _Bare:
    """An operator of which nothing but the census is left."""

    census: Census

    def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""


async def _by_kopf(connection: Connection, caches: Caches, namespace: str) -> None:
    census = Census(caches.trainjobs, [namespace], Metrics())
    said = asyncio.create_task(_say_when(census.synced))
    await run_operator(_Bare(census), connection, "listener", [namespace])
    await said


async def _by_reflector(connection: Connection, caches: Caches, namespace: str) -> None:
    metrics = Metrics()
    async with Transport(connection, metrics) as transport:
        reflector = Reflector(KubeClient(transport), TRAINJOBS, caches.trainjobs, metrics, namespace=namespace)
        await asyncio.gather(reflector.run(), _say_when(reflector.synced))


async def _say_when(synced: asyncio.Event) -> None:
    await synced.wait()
    print("synced", flush=True)


def main() -> None:
    """Listen until killed."""
    by, kubeconfig, namespace = sys.argv[1:]
    logs.configure(LogFormat.TEXT, LogLevel.INFO)
    listen = {"kopf": _by_kopf, "reflector": _by_reflector}[by]
    caches = Caches(lambda _: None, lambda _: None)
    asyncio.run(listen(from_kubeconfig(Path(kubeconfig)), caches, namespace))


if __name__ == "__main__":
    main()
