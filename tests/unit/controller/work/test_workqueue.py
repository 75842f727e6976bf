import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.controller.work.workqueue import WorkQueue


@dataclass
class Timer:
    at: float
    callback: Callable[..., object]
    args: tuple[object, ...]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def when(self) -> float:
        return self.at


@dataclass
class VirtualClock:
    """Time that passes when a test says so."""

    now: float = 0.0
    timers: list[Timer] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> Timer:
        self.timers.append(Timer(when, callback, args))
        return self.timers[-1]

    def advance(self, seconds: float) -> None:
        self.now += seconds
        for timer in [timer for timer in self.timers if timer.at <= self.now]:
            self.timers.remove(timer)
            if not timer.is_cancelled:
                timer.callback(*timer.args)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def queue(clock: VirtualClock) -> WorkQueue[str]:
    return WorkQueue(clock, Metrics())


async def take_all(queue: WorkQueue[str]) -> list[str]:
    taken = [await queue.take() for _ in range(len(queue))]
    for key in taken:
        queue.done(key)
    return taken


async def test_keys_come_in_order_and_once(queue: WorkQueue[str]) -> None:
    for key in ("a", "b", "a"):
        queue.add(key)

    assert await take_all(queue) == ["a", "b"]
    assert len(queue) == 0


async def test_a_key_that_is_worked_on_waits_until_it_is_done(queue: WorkQueue[str]) -> None:
    queue.add("a")
    assert await queue.take() == "a"
    queue.add("a")
    queue.add("a")
    assert len(queue) == 0

    queue.done("a")
    assert await take_all(queue) == ["a"]
    assert len(queue) == 0


async def test_a_delay(queue: WorkQueue[str], clock: VirtualClock) -> None:
    queue.add_after("a", 5)
    clock.advance(4.9)
    assert len(queue) == 0
    clock.advance(0.1)
    assert await take_all(queue) == ["a"]


@pytest.mark.parametrize("delays", [(5, 9), (9, 5)], ids=["earlier first", "later first"])
async def test_the_earliest_time_wins(queue: WorkQueue[str], clock: VirtualClock, delays: tuple[int, int]) -> None:
    for delay in delays:
        queue.add_after("a", delay)
    clock.advance(5)
    assert await take_all(queue) == ["a"]
    clock.advance(10)
    assert len(queue) == 0


async def test_what_is_due_now_makes_a_delay_void(queue: WorkQueue[str], clock: VirtualClock) -> None:
    queue.add_after("a", 5)
    queue.add("a")
    queue.add_after("a", 3)
    assert await take_all(queue) == ["a"]
    clock.advance(10)
    assert len(queue) == 0


async def test_no_delay_means_now(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 0)
    assert len(queue) == 1


async def test_pauses_double_and_have_an_end(queue: WorkQueue[str], clock: VirtualClock) -> None:
    pauses = []
    for _ in range(12):
        pauses.append(queue.retry("a"))
        clock.advance(100)
        await take_all(queue)

    for number, pause in enumerate(pauses):
        expected = min(0.1 * 2**number, 30)
        assert 0.75 * expected <= pause <= 1.25 * expected


async def test_a_server_that_asks_for_patience_gets_it(queue: WorkQueue[str], clock: VirtualClock) -> None:
    assert queue.retry("a", at_least=7) == 7
    clock.advance(6.9)
    assert len(queue) == 0


async def test_success_forgets_failures(queue: WorkQueue[str]) -> None:
    for _ in range(5):
        queue.retry("a")
    queue.forget_failures("a")
    assert queue.retry("a") < 0.2


async def test_failures_of_one_key_do_not_slow_others(queue: WorkQueue[str]) -> None:
    for _ in range(5):
        queue.retry("a")
    assert queue.retry("b") < 0.2


async def test_a_waiting_worker_is_woken(queue: WorkQueue[str]) -> None:
    worker = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    queue.add("a")
    assert await worker == "a"


async def test_a_worker_that_leaves_passes_the_call_on(queue: WorkQueue[str]) -> None:
    leaving, staying = asyncio.create_task(queue.take()), asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    queue.add("a")
    leaving.cancel()
    assert await asyncio.wait_for(staying, 1) == "a"


async def test_a_key_is_never_in_two_hands() -> None:
    queue = WorkQueue[int](asyncio.get_running_loop(), Metrics())
    in_hand: set[int] = set()
    worked: list[int] = []

    async def work() -> None:
        while True:
            key = await queue.take()
            assert key not in in_hand
            in_hand.add(key)
            await asyncio.sleep(0.001)
            in_hand.remove(key)
            worked.append(key)
            queue.done(key)

    workers = [asyncio.create_task(work()) for _ in range(8)]
    for number in range(300):
        queue.add(number % 5)
        if number % 10 == 0:
            await asyncio.sleep(0.0005)
    await asyncio.sleep(0.05)
    for worker in workers:
        assert not worker.done()
        worker.cancel()
    assert set(worked) == set(range(5))
    assert len(queue) == 0


async def test_whoever_else_wants_to_run_gets_a_turn_between_two_keys(queue: WorkQueue[str]) -> None:
    for number in range(10):
        queue.add(str(number))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(count())
    await take_all(queue)
    other.cancel()
    assert turns >= 9
