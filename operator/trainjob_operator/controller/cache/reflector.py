"""LIST and WATCH of one kind into a cache that never misses a delete.

The rules, each of which was learnt by breaking it: the watch starts at the list's resourceVersion; after a new list
what is not in it is dropped; any failure leads to another try after a jittered pause, never to an exit; silence is a
failure.
"""

import asyncio
import logging
import time
from contextlib import aclosing
from http import HTTPStatus
from typing import NoReturn, Protocol

from trainjob_operator.controller.kube.backoff import back_off
from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import Resource
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import ApiError

logger = logging.getLogger(__name__)

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 20.0


class Sink(Protocol):
    """Where objects go."""

    def put(self, body: Body) -> None:
        """Take an object that was listed, added or changed."""

    def drop(self, body: Body) -> None:
        """Forget an object that was deleted."""

    def advance(self, namespace: str | None, version: int) -> None:
        """Note that everything up to this resourceVersion was seen."""

    def prune(self, namespace: str | None, found: set[tuple[str, str]], version: int) -> None:
        """Forget what is older than a list of this resourceVersion and was not found in it."""


class Reflector:
    """Keeps a sink in step with one kind, in one namespace or in all.

    Where nobody waits for a change, ``pause`` seconds without reading let changes come together.
    """

    def __init__(
        self,
        kube: KubeClient,
        resource: Resource,
        sink: Sink,
        metrics: Metrics,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        pause: float = 0.0,
    ) -> None:
        self.resource = resource
        self.synced = asyncio.Event()
        self._kube = kube
        self._sink = sink
        self._metrics = metrics
        self._namespace = namespace
        selectors = {"labelSelector": label_selector, "fieldSelector": field_selector}
        self._query = {name: selector for name, selector in selectors.items() if selector}
        self._pause = pause
        self._version: int | None = None
        self._heard_at = time.monotonic()

    def age(self) -> float:
        """Give the seconds since the API server last said anything."""
        return time.monotonic() - self._heard_at

    async def run(self) -> NoReturn:
        """List and watch until cancelled."""
        failures = 0
        while True:
            heard_at = self._heard_at
            try:
                if self._version is None:
                    await self._list()
                await self._watch()
                failed = self._heard_at == heard_at  # an answer without a word, over and over, is one too
            except ApiError as error:
                failed = True
                if error.status == HTTPStatus.GONE:
                    self._version = None
                level = logging.INFO if self.synced.is_set() else logging.WARNING
                logger.log(level, "reading %s again after: %s", self.resource.plural, error)
            except Exception:
                failed = True
                self._version = None
                logger.exception("reading %s again after an answer that makes no sense", self.resource.plural)
            if failed:
                failures = failures + 1 if self._heard_at == heard_at else 1
                await asyncio.sleep(_pause(failures))

    async def _list(self) -> None:
        """Read all pages."""
        found: set[tuple[str, str]] = set()
        version = 0
        async with aclosing(self._kube.pages(self.resource, self._namespace, query=self._query)) as pages:
            async for page in pages:
                version = version or page.resource_version
                for body in page.items:
                    found.add((body["metadata"].get("namespace", ""), body["metadata"]["name"]))
                    self._sink.put(body)
        self._sink.prune(self._namespace, found, version)
        self._advance(version)
        self._metrics.reflector_lists.labels(self.resource.plural).inc()
        self.synced.set()

    async def _watch(self) -> None:
        version = self._version or 0
        watch = self._kube.watch(self.resource, self._namespace, version, query=self._query, pause=self._pause)
        async with aclosing(watch) as events:
            async for event in events:
                if event.type == "DELETED":
                    self._sink.drop(event.body)
                elif event.type != "BOOKMARK":
                    self._sink.put(event.body)
                self._advance(int(event.body["metadata"]["resourceVersion"]))

    def _advance(self, version: int) -> None:
        self._version = version
        self._sink.advance(self._namespace, version)
        self._heard_at = time.monotonic()


def _pause(failures: int) -> float:
    return back_off(failures, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE, jitter=0.5)
