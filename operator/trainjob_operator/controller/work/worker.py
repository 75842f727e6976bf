"""Take a TrainJob from the queue, observe, decide, execute, record; again and again."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import NoReturn
from weakref import WeakSet

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.cache.snapshots import Unusable, judge_snapshot
from trainjob_operator.controller.cache.store import Key
from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import CONFIG_MAPS
from trainjob_operator.controller.telemetry.logs import about
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.controller.work.executor import Executor, Verdict
from trainjob_operator.controller.work.memory import Memory
from trainjob_operator.controller.work.pacing import Pacer
from trainjob_operator.controller.work.status import StatusWriter
from trainjob_operator.controller.work.workqueue import WorkQueue
from trainjob_operator.errors import ApiError, InvalidObjectError
from trainjob_operator.naming import snapshot_name
from trainjob_operator.reconciler.children import Kind
from trainjob_operator.reconciler.life.deadlines import may_inherit_time_to_live
from trainjob_operator.reconciler.life.lifecycle import has_begun, is_finished, is_managed, makes_pods_next
from trainjob_operator.reconciler.reconcile import own_up, reconcile
from trainjob_operator.reconciler.state import Endpoint, Observed, Plan

logger = logging.getLogger(__name__)

_ROUNDS = 5  # in a row, before others get their turn
_PAUSE = 0.5
_LOOK_FOR_SNAPSHOT_EVERY = 30.0
SNAPSHOT_TRUSTED = 60.0  # seconds; who suspends, or downloads much, takes longer than that


@dataclass(slots=True)
class Worker:
    """Works on one TrainJob at a time; it may run several times at once, because the queue gives each key to one only.

    Attributes:
        status_delay: seconds that a change of mere counts waits for others.
        endpoint: where trainers are to report, or None if nowhere.
        unschedulable_after: how long a pod may find no node before that is told.
    """

    kube: KubeClient
    caches: Caches
    queue: WorkQueue[Key]
    metrics: Metrics
    status_delay: float
    endpoint: Callable[[], Endpoint | None]
    unschedulable_after: timedelta
    memories: dict[Key, Memory] = field(default_factory=dict)
    _waiting: WeakSet[Pacer] = field(default_factory=WeakSet)
    _executor: Executor = field(init=False)
    _writer: StatusWriter = field(init=False)

    def __post_init__(self) -> None:
        self._executor = Executor(self.kube, self.caches)
        self._writer = StatusWriter(self.kube, self.caches.trainjobs)

    async def run(self) -> NoReturn:
        """Work until cancelled; whatever goes wrong with one TrainJob stays with it."""
        while True:
            key = await self.queue.take()
            started = time.perf_counter()
            result = "ok"
            with about(key):
                try:
                    requeue_after = await self._process(key)
                except (ApiError, InvalidObjectError) as error:
                    result = "error"
                    wait = error.retry_after if isinstance(error, ApiError) else None
                    pause = self.queue.retry(key, at_least=wait or 0.0)
                    logger.warning("next try in %.1f s after: %s", pause, error)
                except Exception:
                    result = "bug"
                    self.queue.retry(key)
                    logger.exception("unexpected error")
                else:
                    self.queue.forget_failures(key)
                    if requeue_after is not None:
                        self.queue.add_after(key, requeue_after)
                finally:
                    self.queue.done(key)
            self.metrics.reconcile_seconds.labels(result).observe(time.perf_counter() - started)

    async def _process(self, key: Key) -> float | None:
        """Bring a TrainJob as far as it can be; returns the seconds until time alone makes another look necessary."""
        for _ in range(_ROUNDS):
            job = self.caches.trainjobs.get(*key)
            if job is None:
                self.memories.pop(key, None)
                return None
            if isinstance(job, InvalidObjectError):
                self.memories.pop(key, None)
                logger.error("nothing can be done for what does not fit its schema: %s", job)
                return None
            memory = self._recall(key, job)
            observed = await self._observe(key, job, memory)
            plan, defect = _decide(observed, memory)
            try:
                verdict = await self._executor.execute(plan.actions, observed, memory)
            except ApiError:
                if plan.status is not None and plan.urgent:  # what is known is told, whatever cannot be done about it
                    await self._writer.write(job, plan.status, plan.events, observed.now)
                raise
            if verdict is Verdict.DONE and plan.status is not None and self._is_due(plan, memory):
                verdict = await self._writer.write(job, plan.status, plan.events, observed.now)
                memory.counts.note_write(time.monotonic(), with_more=plan.urgent)
            if verdict is Verdict.GONE:
                self.memories.pop(key, None)
                return None
            if defect is not None and verdict is Verdict.DONE:
                raise defect
            if verdict is Verdict.DONE:
                return self._conclude(key, job, plan, memory)
        return _PAUSE

    def _recall(self, key: Key, job: TrainJob) -> Memory:
        """Give what is remembered of the TrainJob; nothing of an earlier one of the same name."""
        memory = self.memories.get(key)
        if memory is None or memory.uid != job.metadata.uid:
            counts = Pacer(self.status_delay, self._waiting)
            memory = self.memories[key] = Memory(uid=job.metadata.uid, counts=counts)
        return memory

    async def _observe(self, key: Key, job: TrainJob, memory: Memory) -> Observed:
        jobs, pods = self.caches.jobs.of(key), self.caches.pods.of(key)
        children = (*self.caches.services.of(key), *self.caches.claims.of(key))
        runtime = self.caches.runtime(key.namespace, job.spec.runtime_ref)
        if isinstance(runtime, InvalidObjectError):
            logger.error("what does not fit its schema is taken for missing: %s", runtime)
            runtime = None
        own = {None, memory.uid}
        owns = any(child.owner_uid == memory.uid for child in (*children, *jobs))
        if memory.snapshot is None and _needs_snapshot(job, runtime, owns=owns):
            found = await self._read_snapshot(key, job, runtime)
            memory.unusable_snapshot = found.message if isinstance(found, Unusable) else None
            if isinstance(found, Runtime):
                memory.keep_snapshot(found, time.monotonic())
        if memory.snapshot is not None and makes_pods_next(job, [one for one in jobs if one.owner_uid == memory.uid]):
            await self._look_after_snapshot(key, memory)
        memory.forget_refusals({(child.kind, child.name) for child in (*children, *jobs) if child.owner_uid in own})
        if memory.snapshot is not None and not memory.has_lost_snapshot:
            memory.release(Kind.CONFIG_MAP, snapshot_name(key.name))
        memory.forget_inspections({pod.job for pod in pods}, {child.name for child in jobs})
        return Observed(
            job=job,
            runtime=runtime,
            snapshot=memory.snapshot,
            unusable_snapshot=memory.unusable_snapshot,
            has_lost_snapshot=memory.has_lost_snapshot,
            now=datetime.now(UTC),
            children=(*children, *memory.strangers(time.monotonic())),
            jobs=jobs,
            pods=pods,
            refusals=tuple(memory.refusals()),
            endpoint=self.endpoint(),
            unschedulable_after=self.unschedulable_after,
        )

    async def _read_snapshot(self, key: Key, job: TrainJob, runtime: Runtime | None) -> Runtime | Unusable | None:
        """Read the snapshot of a TrainJob that may have one already."""
        body = await self._find_snapshot(key)
        return judge_snapshot(body, job, runtime) if body is not None else None

    async def _look_after_snapshot(self, key: Key, memory: Memory) -> None:
        """Find out whether the snapshot was deleted: nothing watches it, and pods wait for the authority in it."""
        now = time.monotonic()
        if now - memory.snapshot_seen_at >= SNAPSHOT_TRUSTED:
            memory.has_lost_snapshot = await self._find_snapshot(key) is None
            memory.snapshot_seen_at = now

    async def _find_snapshot(self, key: Key) -> Body | None:
        try:
            return await self.kube.get(CONFIG_MAPS, key.namespace, snapshot_name(key.name))
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _is_due(self, plan: Plan, memory: Memory) -> bool:
        """Tell whether the status is to be written now; mere counts wait for others to join them."""
        return plan.urgent or memory.counts.seconds_left(time.monotonic(), minor=plan.minor) <= 0

    def _conclude(self, key: Key, job: TrainJob, plan: Plan, memory: Memory) -> float | None:
        """Keep of the memory what is needed, and find out when to look again."""
        if plan.status is None:
            memory.counts.settle()
        if is_finished(job) and not plan.actions:
            del self.memories[key]
            return plan.requeue_after
        now = time.monotonic()
        delays = [plan.requeue_after, memory.seconds_to_next_try(now)]
        if memory.unusable_snapshot is not None:
            delays.append(_LOOK_FOR_SNAPSHOT_EVERY)
        if memory.counts.is_waiting():
            delays.append(memory.counts.seconds_left(now, minor=plan.minor))
        return min((delay for delay in delays if delay is not None), default=None)


def _decide(observed: Observed, memory: Memory) -> tuple[Plan, Exception | None]:
    """Make the plan; if that fails although nobody planned for it, one that says so, and the failure."""
    try:
        return reconcile(observed, memory.resolve), None
    except Exception as error:  # noqa: BLE001 - it is raised again once the TrainJob's author has been told
        return own_up(observed, error), error


def _needs_snapshot(job: TrainJob, runtime: Runtime | None, *, owns: bool) -> bool:
    """Tell whether there may be a snapshot that matters; a finished TrainJob's does only for how long it is kept."""
    if not is_managed(job):
        return False
    return may_inherit_time_to_live(job, runtime) if is_finished(job) else has_begun(job) or owns
