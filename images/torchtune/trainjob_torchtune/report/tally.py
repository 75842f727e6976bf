"""What is known of a training by now, from what it tells; and the report of it."""

from dataclasses import dataclass, field
from datetime import datetime

from trainjob_contract import progress as words
from trainjob_contract.progress import Checkpoint, Progress, Report
from trainjob_torchtune.report.curve import Curve
from trainjob_torchtune.report.memory import Memory
from trainjob_torchtune.report.pace import Pace
from trainjob_torchtune.steps.telling import Phase, Saved, Step

_GIB = 1 << 30


@dataclass(slots=True)
class Tally:
    """Counts up.

    Attributes:
        processes: how many train, on all nodes.
    """

    processes: int
    _phase: str = Phase.SETUP
    _done: int = 0
    _last: Step | None = None
    _resumed_from: int | None = None
    _checkpoint: Checkpoint | None = None
    _peak: int | None = None
    _has_begun: bool = False
    _is_first: bool = True
    _curve: Curve = field(default_factory=Curve)
    _pace: Pace = field(default_factory=Pace)

    @property
    def has_begun(self) -> bool:
        """Whether steps were to be made: a checkpoint from which it goes on was read before."""
        return self._has_begun

    def enter(self, phase: Phase, step: int) -> None:
        """Take a phase."""
        self._phase = phase
        self._has_begun = self._has_begun or phase is Phase.FIRST_STEP
        self._done = max(self._done, step)

    def go_on(self, step: int, memory: Memory | None) -> None:
        """Take that the training goes on from the checkpoint of a step, and what was known then."""
        self._resumed_from = self._done = step
        if memory is not None:
            self._curve = Curve.going_on(memory.points, memory.stride, step)
            if memory.checkpoint is not None and memory.checkpoint.step <= step:
                self._checkpoint = memory.checkpoint

    def step(self, step: Step) -> None:
        """Take a step. The first says nothing of how long the others take."""
        self._last = step
        self._done = step.step
        self._curve.add(step.step, step.loss)
        if not self._is_first:
            self._pace.add(step.seconds)
        self._is_first = False
        if step.peak_memory is not None:
            self._peak = max(self._peak or 0, step.peak_memory)

    def save(self, saved: Saved, now: datetime) -> Memory:
        """Take a checkpoint; return what one who goes on from it is to know."""
        self._checkpoint = Checkpoint(saved.step, now, saved.size, saved.seconds)
        return Memory(self._curve.stride, self._curve.points, self._checkpoint)

    def end(self, step: int) -> None:
        """Take that all is done."""
        self._phase = words.DONE
        self._done = max(self._done, step)

    def report(self) -> Report:
        """Return what is known."""
        last = self._last
        progress = Progress(
            phase=str(self._phase),
            step=self._done,
            steps=last.steps if last is not None else None,
            epoch=last.epoch if last is not None else None,
            epochs=last.epochs if last is not None else None,
            resumed_from_step=self._resumed_from,
            checkpoint=self._checkpoint,
            curve=self._curve.points,
        )
        if last is None:
            return Report(progress, None, {})
        rate = last.tokens_per_second
        metrics = {
            words.LOSS: last.loss,
            words.LEARNING_RATE: last.lr,
            words.TOKENS_PER_SECOND: rate * self.processes if rate is not None else None,
            words.PEAK_MEMORY: self._peak / _GIB if self._peak is not None else None,
            words.STEP: float(self._done),
            words.EPOCH: float(last.epoch),
            words.SECONDS_PER_STEP: self._pace.seconds_per_step,
        }
        return Report(progress, self._pace.remaining(last.steps - self._done), metrics)
