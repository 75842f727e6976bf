"""Keys that wait to be worked on: each at most once, at its earliest time, and never in two hands."""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from trainjob_operator.controller.kube.backoff import back_off
from trainjob_operator.controller.telemetry.metrics import Metrics

K = TypeVar("K", bound=Hashable)

_FIRST_RETRY = 0.1
_LONGEST_RETRY = 30.0


class Handle(Protocol):
    """A timer that can be stopped."""

    def cancel(self) -> None:
        """Stop it."""

    def when(self) -> float:
        """Tell when it fires, on the clock's scale."""


class Clock(Protocol):
    """What the queue needs of an event loop."""

    def time(self) -> float:
        """Give the time in seconds, from any origin."""

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> Handle:
        """Call back at a time."""


class WorkQueue(Generic[K]):
    """A queue as client-go's: a key that is added while it is worked on comes again afterwards."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._ready: deque[K] = deque()
        self._dirty: dict[K, float] = {}
        self._processing: set[K] = set()
        self._timers: dict[K, Handle] = {}
        self._failures: dict[K, int] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()
        metrics.queue_depth.set_function(self.__len__)

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, key: K) -> None:
        """Have a key worked on as soon as possible."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if key in self._dirty:
            return
        self._dirty[key] = self._clock.time()
        self._metrics.queue_adds.inc()
        if key not in self._processing:
            self._ready.append(key)
            self._wake()

    def add_after(self, key: K, seconds: float) -> None:
        """Have a key worked on in a while; if it is due earlier anyway, nothing changes."""
        if seconds <= 0:
            self.add(key)
            return
        if key in self._dirty:
            return
        when = self._clock.time() + seconds
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= when:
                return
            timer.cancel()
        self._timers[key] = self._clock.call_at(when, self.add, key)

    def retry(self, key: K, at_least: float = 0.0) -> float:
        """Have a key worked on after a pause that doubles with each failure; returns the seconds."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        pause = back_off(failures, first=_FIRST_RETRY, longest=_LONGEST_RETRY, jitter=0.25)
        pause = max(pause, at_least)
        self._metrics.queue_retries.inc()
        self.add_after(key, pause)
        return pause

    def forget_failures(self, key: K) -> None:
        """Let the next failure be the first again."""
        self._failures.pop(key, None)

    async def take(self) -> K:
        """Wait for a key. It is the caller's alone until ``done``.

        Everybody else gets a turn first: at a start thousands of keys are worked on that ask for nothing, and probes,
        webhooks and the Lease must not wait for all of them.
        """
        await asyncio.sleep(0)
        while not self._ready:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._wake()  # the call was meant for somebody who still works
                raise
            finally:
                if waiter in self._waiting:
                    self._waiting.remove(waiter)
        key = self._ready.popleft()
        self._metrics.queue_seconds.observe(self._clock.time() - self._dirty.pop(key))
        self._processing.add(key)
        return key

    def done(self, key: K) -> None:
        """Give a key back; it comes again at once if it was added meanwhile."""
        self._processing.discard(key)
        if key in self._dirty:
            self._ready.append(key)
            self._wake()

    def _wake(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
