"""One cluster, and the modes that are measured on it one after the other."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.bench import figures
from tests.bench.admission import admit
from tests.bench.figures import Section
from tests.bench.idle import idle
from tests.bench.restart import restart
from tests.bench.run import Tempo, run
from tests.bench.testbed import Testbed
from tests.bench.watching import hear

_FILL_AT_ONCE = 100


class Mode(StrEnum):
    """What can be measured."""

    SINGLE = "single"
    STEADY = "steady"
    WATCH = "watch"
    ADMISSION = "admission"
    BURST = "burst"
    IDLE = "idle"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of everything.

    Attributes:
        single, steady: TrainJobs; as many as of steady are heard of.
        admission: dry runs of a create, with webhooks and without.
        bursts: TrainJobs of each.
        finished: TrainJobs that are there, finished, when idling and restarts are measured.
        idle: seconds.
    """

    single: int
    steady: int
    admission: int
    bursts: Sequence[int]
    finished: int
    idle: float


@dataclass(slots=True)
class Session:
    """What is done with one cluster."""

    bed: Testbed
    amounts: Amounts
    say: Callable[[str], None]
    _finished: int = 0

    async def warm_up(self) -> None:
        """Run one TrainJob each way, so that nothing that is measured is the first of its kind."""
        self.say("warming up")
        await run(self.bed, None, Tempo.SINGLE, 1)
        async with self.bed.operator() as operator:
            await run(self.bed, operator, Tempo.SINGLE, 1)
        self._finished += 1

    async def measure(self, mode: Mode) -> AsyncIterator[Section]:
        """Measure one mode; of bursts each."""
        match mode:
            case Mode.SINGLE:
                yield await self._compare("one at a time", Tempo.SINGLE, self.amounts.single)
            case Mode.STEADY:
                yield await self._compare("one a second", Tempo.STEADY, self.amounts.steady)
            case Mode.WATCH:
                for every in (1.0, 0.0):
                    self.say(f"watch: {self.amounts.steady} TrainJobs heard of by kopf and by a reflector")
                    yield figures.of_hearing(await hear(self.bed, self.amounts.steady, every), every)
            case Mode.ADMISSION:
                self.say(f"admission: {self.amounts.admission} creates with webhooks, and as many without")
                yield figures.of_admission(await admit(self.bed, self.amounts.admission))
            case Mode.BURST:
                for jobs in self.amounts.bursts:
                    yield await self._compare("all at once", Tempo.BURST, jobs)
            case Mode.IDLE:
                await self._fill()
                yield await self._idle()
            case Mode.RESTART:
                await self._fill()
                self.say("restart: stopping and starting the operator")
                yield figures.of_restart(self._finished, await restart(self.bed))

    async def _compare(self, title: str, tempo: Tempo, jobs: int) -> Section:
        self.say(f"{tempo}: {jobs} TrainJobs on the floor")
        floor = await run(self.bed, None, tempo, jobs)
        self.say(f"{tempo}: {jobs} TrainJobs with the operator")
        async with self.bed.operator() as operator:
            own = await run(self.bed, operator, tempo, jobs)
        self._finished += jobs
        return figures.of_runs(title, own, floor)

    async def _idle(self) -> Section:
        self.say(f"idle: {self.amounts.idle:.0f} s without the operator, and as long with it")
        floor = await idle(self.bed, None, self.amounts.idle)
        async with self.bed.operator() as operator:
            own = await idle(self.bed, operator, self.amounts.idle)
        return figures.of_idling(self._finished, own, floor)

    async def _fill(self) -> None:
        """Run TrainJobs until there are enough finished ones."""
        missing = self.amounts.finished - self._finished
        if missing <= 0:
            return
        self.say(f"running {missing} TrainJobs, so that {self.amounts.finished} are finished")
        async with self.bed.operator() as operator:
            for done in range(0, missing, _FILL_AT_ONCE):
                await run(self.bed, operator, Tempo.BURST, min(_FILL_AT_ONCE, missing - done))
        self._finished = self.amounts.finished


async def measure(bed: Testbed, modes: Sequence[Mode], amounts: Amounts, say: Callable[[str], None]) -> list[Section]:
    """Measure modes in the order in which they are declared: idling and restarts use what others have left."""
    session = Session(bed, amounts, say)
    await session.warm_up()
    return [section for mode in Mode if mode in modes async for section in session.measure(mode)]
