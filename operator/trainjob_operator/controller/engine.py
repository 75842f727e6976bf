"""Everything that runs, put together: caches and what fills them, the Lease, the workers, the health server."""

import asyncio
import gc
import logging
import os
from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn

from trainjob_operator.api.schema import custom_resource_definitions
from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.cache.census import Census
from trainjob_operator.controller.cache.store import Key
from trainjob_operator.controller.endpoints.health import HealthServer
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import CRDS, TRAINJOBS
from trainjob_operator.controller.serving import Serving
from trainjob_operator.controller.start.installation import report_missing_fields
from trainjob_operator.controller.start.lease import Lease
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.controller.work.worker import Worker
from trainjob_operator.controller.work.workqueue import WorkQueue
from trainjob_operator.reconciler.state import Endpoint
from trainjob_operator.settings import Certificates, Settings

logger = logging.getLogger(__name__)

_SETTLE = 0.25  # children's events come in bunches; none of these is waited for by anybody
_GRACE = 3.0


class Engine:
    """The operator without kopf, which tells it of TrainJobs, and when to start and stop."""

    def __init__(self, settings: Settings, kube: KubeClient, metrics: Metrics) -> None:
        self._settings = settings
        self._kube = kube
        self._metrics = metrics
        self._queue = WorkQueue[Key](asyncio.get_running_loop(), metrics)
        self.caches = Caches(self._queue.add, lambda key: self._queue.add_after(key, _SETTLE))
        self.census = Census(self.caches.trainjobs, settings.namespaces, metrics)
        self._reflectors = self.caches.reflectors(kube, metrics, settings.namespaces)
        self._serving = None
        if settings.certificates is not Certificates.NONE:
            self._serving = Serving(settings, kube, self.caches, metrics)
        self._worker = Worker(
            kube,
            self.caches,
            self._queue,
            metrics,
            settings.status_delay,
            self._endpoint,
            timedelta(seconds=settings.unschedulable_after),
        )
        self._lease = Lease(
            kube,
            settings.lease_namespace,
            settings.lease_name,
            settings.lease_identity,
            settings.lease_duration,
            settings.lease_renew_deadline,
            settings.lease_retry_period,
        )
        self._health = HealthServer(metrics, self._missing)
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_filled = False
        self._is_stopping = False
        self._measure()

    async def serve_health(self) -> None:
        """Answer probes; not ready yet.

        Raises:
            OSError: the port is taken.
        """
        await self._health.start(self._settings.http_host, self._settings.http_port)

    def start(self) -> None:
        """Begin to fill the caches, and whatever follows."""
        for reflector in self._reflectors:
            self._spawn(reflector.run(), f"reflector of {reflector.resource.plural}")
        if self._serving is not None:
            self._spawn(self._serving.run(), "webhooks and status endpoint")
        self._spawn(self._lead(), "Lease")

    async def stop(self) -> None:
        """End everything, and let another replica take over at once."""
        self._is_stopping = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GRACE)
        await self._lease.release()
        if self._serving is not None:
            await self._serving.stop()
        await self._health.stop()

    async def _lead(self) -> NoReturn:
        """Compete for the Lease, and work while it is held. Nothing is decided before all caches are filled."""
        await self._fill()
        await self._lease.acquire()
        logger.info("leading as %s", self._settings.lease_identity)
        self._metrics.leader.set(1)
        for number in range(self._settings.workers):
            self._spawn(self._work(), f"worker {number}")
        await self._lease.keep()
        _die("the Lease is lost: another replica takes over")

    async def _fill(self) -> None:
        """Fill every cache, and look at the CRDs meanwhile."""
        await asyncio.gather(
            report_missing_fields(self._kube, self._metrics, list(custom_resource_definitions().values())),
            self.census.synced.wait(),
            *(reflector.synced.wait() for reflector in self._reflectors),
        )
        gc.collect(1)
        gc.freeze()  # most of it stays; the collector need not look through it, neither now and then nor at the end
        self._is_filled = True
        logger.info("the caches are filled: %d TrainJobs, %d Jobs", len(self.caches.trainjobs), len(self.caches.jobs))

    async def _work(self) -> NoReturn:
        """Work once there is a certificate: until then trainers could not be told where to report."""
        if self._serving is not None:
            await self._serving.lead()
        await self._worker.run()

    def _endpoint(self) -> Endpoint | None:
        return self._serving.endpoint() if self._serving is not None else None

    def _missing(self) -> str:
        if not self._is_filled:
            unfilled = {each.resource.plural for each in self._reflectors if not each.synced.is_set()}
            unfilled |= set() if self.census.synced.is_set() else {TRAINJOBS.plural}
            return f"caches are being filled: {', '.join(sorted(unfilled)) or CRDS.plural}"
        return self._serving.missing() if self._serving is not None else ""

    def _measure(self) -> None:
        for name, size in self.caches.sizes().items():
            self._metrics.reflector_objects.labels(name).set_function(size)
        self._metrics.reflector_age.labels(TRAINJOBS.plural).set_function(self.census.age)
        for name in {reflector.resource.plural for reflector in self._reflectors}:
            self._metrics.reflector_age.labels(name).set_function(partial(self._age, name))

    def _age(self, plural: str) -> float:
        return max(reflector.age() for reflector in self._reflectors if reflector.resource.plural == plural)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._is_stopping:
            _die(
                f"the task {task.get_name()!r} ended, which it never should",
                None if task.cancelled() else task.exception(),
            )


def _die(why: str, error: BaseException | None = None) -> NoReturn:
    """End the process at once: whatever still ran could collide with the next leader. Kubernetes starts it anew."""
    logger.critical(why, exc_info=error)
    logging.shutdown()
    os._exit(1)
