"""kopf with a census and nothing else: what the operator is without its workers, reflectors and servers."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress

from trainjob_operator.controller.cache.census import Census
from trainjob_operator.controller.cache.store import Key, Store
from trainjob_operator.controller.handlers import run_operator
from trainjob_operator.controller.kube.client import Body
from trainjob_operator.controller.kube.connection import Connection
from trainjob_operator.controller.telemetry.metrics import Metrics

_WITHIN_S = 30.0


class Watcher:
    """Knows the TrainJobs of some namespaces, or of all, by their UIDs."""

    def __init__(self, namespaces: Collection[str]) -> None:
        self.metrics = Metrics()
        self.changes: list[tuple[str, str | None, str | None]] = []
        self.store = Store[str](_uid, lambda body: str(body["metadata"]["name"]), self._note)
        self.census = Census(self.store, namespaces, self.metrics)
        self._changed = asyncio.Event()

    def start(self) -> None:
        """Do nothing: kopf watches by itself."""

    async def stop(self) -> None:
        """Do nothing."""

    def known(self) -> Mapping[str, str]:
        """Give the UIDs by name; names are used in one namespace only."""
        return {key.name: uid for key in self.store.owners() for uid in self.store.of(key)}

    async def await_known(self, uids: Mapping[str, str]) -> None:
        """Wait until it knows these and no others."""
        async with asyncio.timeout(_WITHIN_S):
            while self.known() != uids:
                self._changed.clear()
                await self._changed.wait()

    async def await_synced(self) -> None:
        """Wait until it knows all that there were."""
        async with asyncio.timeout(_WITHIN_S):
            await self.census.synced.wait()

    def lists(self) -> float:
        """Count the complete lists."""
        labels = {"resource": "trainjobs"}
        return self.metrics.registry.get_sample_value("trainjob_operator_reflector_lists_total", labels) or 0.0

    def _note(self, key: Key, before: str | None, after: str | None) -> None:
        self.changes.append((key.name, before, after))
        self._changed.set()


@asynccontextmanager
async def watching(server: str, *namespaces: str) -> AsyncIterator[Watcher]:
    """Watch through a server that wants no credentials."""
    watcher = Watcher(namespaces)
    task = asyncio.create_task(run_operator(watcher, Connection(server, tls=None), "watcher", namespaces))
    try:
        yield watcher
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _uid(body: Body) -> str:
    return str(body["metadata"]["uid"])
