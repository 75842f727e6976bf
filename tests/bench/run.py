"""A number of TrainJobs from the first creation to the last end, in one of three tempos."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.bench.contestants import Contestant, Floor, Operated
from tests.bench.errors import BenchError
from tests.bench.observer import observing
from tests.bench.quantiles import Quantiles
from tests.bench.testbed import Testbed
from tests.bench.timeline import Moment, latencies
from tests.bench.window import Usage, Window
from tests.bench.workload import children
from tests.devcluster.operator_process import OperatorProcess

_CREATES_IN_FLIGHT = 32
_PAUSE = 1.0
_SETTLE = 3.0  # what belongs to the run and comes after its end
_PATIENCE = 120.0
_PATIENCE_PER_JOB = 5.0


class Tempo(StrEnum):
    """When the next TrainJob is created."""

    SINGLE = "single"
    """When the one before has ended."""
    STEADY = "steady"
    """After a second."""
    BURST = "burst"
    """At once."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured; latencies in seconds."""

    jobs: int
    seconds: float
    """From the first creation to the last end."""
    latencies: dict[str, Quantiles]
    usage: Usage

    @property
    def per_second(self) -> float:
        """TrainJobs in a second."""
        return self.jobs / self.seconds


async def run(bed: Testbed, operator: OperatorProcess | None, tempo: Tempo, jobs: int) -> Run:
    """Run TrainJobs in a namespace of their own; without an operator the floor does the work, and leaves nothing.

    Raises:
        BenchError: one failed, or they take too long.
    """
    namespace = bed.make_namespace()
    names = [f"{tempo}-{number}" for number in range(jobs)]
    async with observing(bed.kube, namespace) as observer:
        side: Contestant = Operated(bed.kube, observer, namespace)
        if operator is None:
            everything = {name: children(namespace, name) for name in names}
            side = Floor(bed.kube, observer, namespace, everything)
        window = Window(bed, operator)
        try:
            async with asyncio.timeout(_PATIENCE + _PATIENCE_PER_JOB * jobs):
                await _TEMPOS[tempo](side, names)
        except TimeoutError:
            ended = sum(Moment.COMPLETE in timeline for timeline in observer.timelines.values())
            raise BenchError(
                f"after {_PATIENCE + _PATIENCE_PER_JOB * jobs:.0f} s {ended} of {jobs} have ended"
            ) from None
        await asyncio.sleep(_SETTLE)
        usage = window.end()
        timelines = [observer.timelines[name] for name in names]
    if operator is None:
        bed.remove_namespace(namespace)
    begin = min(timeline[Moment.CREATED] for timeline in timelines)
    end = max(timeline[Moment.COMPLETE] for timeline in timelines)
    return Run(jobs=jobs, seconds=end - begin, latencies=latencies(timelines), usage=usage)


async def _single(side: Contestant, names: Sequence[str]) -> None:
    for name in names:
        await side.create(name)
        await side.finish(name)
        await asyncio.sleep(_PAUSE)


async def _steady(side: Contestant, names: Sequence[str]) -> None:
    async def one(number: int, name: str) -> None:
        await asyncio.sleep(number * _PAUSE)
        await side.create(name)
        await side.finish(name)

    await asyncio.gather(*(one(number, name) for number, name in enumerate(names)))


async def _burst(side: Contestant, names: Sequence[str]) -> None:
    gate = asyncio.Semaphore(_CREATES_IN_FLIGHT)

    async def one(name: str) -> None:
        async with gate:
            await side.create(name)
        await side.finish(name)

    await asyncio.gather(*map(one, names))


_TEMPOS = {Tempo.SINGLE: _single, Tempo.STEADY: _steady, Tempo.BURST: _burst}
