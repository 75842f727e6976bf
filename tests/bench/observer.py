"""Watches TrainJobs and Jobs of one namespace, and notes when each TrainJob reached what."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.bench.errors import BenchError
from tests.bench.timeline import Moment, Timeline
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import JOBS, TRAINJOBS, Resource
from trainjob_operator.errors import ApiError
from trainjob_operator.naming import (
    DATASET_INITIALIZER,
    MODEL_INITIALIZER,
    NODE,
    REPLICATED_JOB_LABEL,
    TRAINJOB_NAME_LABEL,
)

Body = dict[str, Any]

_INITIALIZERS = {DATASET_INITIALIZER, MODEL_INITIALIZER}


class Observer:
    """Notes the first time of each moment; times are those at which the watch's event came in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.timelines: defaultdict[str, Timeline] = defaultdict(dict)
        self._clock = clock
        self._initialized: defaultdict[str, set[str]] = defaultdict(set)
        self._awaited: dict[tuple[str, Moment], asyncio.Future[None]] = {}
        self._error: BenchError | None = None

    def mark(self, name: str, moment: Moment) -> None:
        """Note that a TrainJob has reached a moment now, if it has not before."""
        self.timelines[name].setdefault(moment, self._clock())
        waiting = self._awaited.pop((name, moment), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    async def reached(self, name: str, moment: Moment) -> None:
        """Wait until a TrainJob has reached a moment.

        Raises:
            BenchError: a TrainJob or Job failed, or nothing can be seen any more.
        """
        if self._error is not None:
            raise self._error
        if moment not in self.timelines[name]:
            self._awaited[name, moment] = asyncio.get_running_loop().create_future()
            await self._awaited[name, moment]

    def see_trainjob(self, body: Body) -> None:
        """Take a TrainJob as it is now."""
        if _has(body, "Complete"):
            self.mark(body["metadata"]["name"], Moment.COMPLETE)
        self._check(body)

    def see_job(self, body: Body) -> None:
        """Take a Job as it is now."""
        labels = body["metadata"].get("labels", {})
        name, role = labels.get(TRAINJOB_NAME_LABEL, ""), labels.get(REPLICATED_JOB_LABEL, "")
        self.mark(name, Moment.NODE_JOB if role == NODE else Moment.FIRST_JOB)
        if _has(body, "Complete"):
            if role == NODE:
                self.mark(name, Moment.NODE_DONE)
            self._initialized[name].add(role)
            if self._initialized[name] >= _INITIALIZERS:
                self.mark(name, Moment.DATA_READY)
        self._check(body)

    async def follow(self, kube: KubeClient, resource: Resource, namespace: str, version: int) -> None:
        """Take everything that happens after a resourceVersion."""
        see = self.see_trainjob if resource is TRAINJOBS else self.see_job
        try:
            while True:
                async for event in kube.watch(resource, namespace, version, query={}):
                    version = int(event.body["metadata"]["resourceVersion"])
                    if event.type in {"ADDED", "MODIFIED"}:
                        see(event.body)
        except ApiError as error:
            self._fail(BenchError(f"the watch of {resource.plural} broke: {error}"))

    def _check(self, body: Body) -> None:
        if _has(body, "Failed"):
            self._fail(BenchError(f"{body.get('kind', 'object')} {body['metadata']['name']} failed: {body['status']}"))

    def _fail(self, error: BenchError) -> None:
        self._error = error
        for waiting in self._awaited.values():
            if not waiting.done():
                waiting.set_exception(error)


@asynccontextmanager
async def observing(kube: KubeClient, namespace: str) -> AsyncIterator[Observer]:
    """Watch a namespace that holds nothing yet."""
    observer = Observer()
    watches = []
    for resource in (TRAINJOBS, JOBS):
        page = await kube.list_page(resource, namespace)
        watches.append(asyncio.create_task(observer.follow(kube, resource, namespace, page.resource_version)))
    try:
        yield observer
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)


def _has(body: Body, condition: str) -> bool:
    conditions = body.get("status", {}).get("conditions", ())
    return any(found["type"] == condition and found["status"] == "True" for found in conditions)
