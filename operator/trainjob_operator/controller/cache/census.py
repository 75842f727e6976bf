"""Which TrainJobs there are: what kopf tells of them, and what only its own lists show.

kopf tells neither when a list is complete nor what vanished before it listed again. Both are in the answers to its
requests, which pass through the session that we hand it: nothing is listed a second time.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson

from trainjob_operator.controller.cache.store import Store
from trainjob_operator.controller.kube.client import Body
from trainjob_operator.controller.kube.resources import TRAINJOBS
from trainjob_operator.controller.telemetry.metrics import Metrics


@dataclass(slots=True)
class _List:
    """What was read of the list of a namespace, or of all of them; the version is that of the last complete one."""

    namespace: str | None
    version: int | None = None
    found: set[tuple[str, str]] = field(default_factory=set)
    awaited: set[str] = field(default_factory=set)
    """UIDs that were listed, and of which kopf has not told yet."""


class Census:
    """Keeps a store in step with the TrainJobs of some namespaces; of all if none is named.

    Attributes:
        synced: everything that the first lists contain has come by.
    """

    def __init__(self, store: Store[Any], namespaces: Iterable[str], metrics: Metrics) -> None:
        self.synced = asyncio.Event()
        self._store = store
        self._metrics = metrics
        self._lists = {namespace: _List(namespace) for namespace in tuple(namespaces) or (None,)}
        self._heard_at = time.monotonic()

    def age(self) -> float:
        """Return the seconds since the API server answered kopf, or kopf told of a TrainJob."""
        return time.monotonic() - self._heard_at

    def take(self, kind: str | None, body: Body) -> None:
        """Take what kopf tells: ``kind`` is ``ADDED``, ``MODIFIED`` or ``DELETED``, None if it was listed.

        One that cannot be kept counts as seen: it must not hold up the others.
        """
        metadata = body["metadata"]
        listed = self._lists.get(metadata["namespace"]) or self._lists[None]
        self._heard_at = time.monotonic()
        try:
            if kind == "DELETED":
                self._store.drop(body)
            elif self._may_be_there(metadata, listed):
                self._store.put(body)
        finally:
            listed.awaited.discard(metadata["uid"])
            self._conclude()

    async def follow(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Read the lists of TrainJobs that are answered to kopf: a middleware of its session."""
        response = await handler(request)
        listed = next((each for each in self._lists.values() if _is_about(request, each.namespace)), None)
        if listed is not None and response.status == HTTPStatus.OK:
            self._heard_at = time.monotonic()
            if "watch" not in request.url.query:
                self._read(listed, await response.read(), is_first="continue" not in request.url.query)
        return response

    def _read(self, listed: _List, page: bytes, *, is_first: bool) -> None:
        """Note what a page contains; after the last one forget what is in none."""
        body = orjson.loads(page)
        if is_first:
            listed.found, listed.awaited = set(), set()
        for item in body["items"]:
            listed.found.add((item["metadata"]["namespace"], item["metadata"]["name"]))
            listed.awaited.add(item["metadata"]["uid"])
        if not body["metadata"].get("continue"):
            listed.version = int(body["metadata"]["resourceVersion"])
            self._store.prune(listed.namespace, listed.found, listed.version)
            self._metrics.reflector_lists.labels(TRAINJOBS.plural).inc()
            listed.found = set()
            self._conclude()

    def _may_be_there(self, metadata: Body, listed: _List) -> bool:
        """Tell whether this is no news of before the last list, which did not contain it any more.

        kopf has a task for each TrainJob, and one of them may come late.
        """
        return (
            int(metadata["resourceVersion"]) > (listed.version or 0)
            or metadata["uid"] in listed.awaited
            or self._store.get(metadata["namespace"], metadata["name"]) is not None
        )

    def _conclude(self) -> None:
        if all(each.version is not None and not each.awaited for each in self._lists.values()):
            self.synced.set()


def _is_about(request: aiohttp.ClientRequest, namespace: str | None) -> bool:
    """Tell whether a request is about the TrainJobs of a namespace; the server's address may have a path of its own."""
    return request.url.path.endswith(TRAINJOBS.path(namespace))
