"""What a training tells of itself while it runs, and to whom: one place, at the first process's side.

Whoever wants to know writes a `Listener`, and `attachment.py` puts it among the others. Listeners are called from the
training's own thread, between two steps: what takes long has to be handed to a thread of the listener's own.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Phase(StrEnum):
    """What the training does now.

    The first step is a phase of its own, because kernels may be compiled in it, which takes minutes.
    """

    SETUP = "setup"
    FIRST_STEP = "first step"
    TRAINING = "training"
    SAVING = "saving"


@dataclass(frozen=True, slots=True)
class Step:
    """An optimizer step that is done.

    Attributes:
        step, steps: its number, from 1, and how many there will be; both count those of a training that was gone on
            with.
        epoch, epochs: the epoch in which it lies, from 1, and how many there will be.
        loss: may be nan or infinite.
        lr: the learning rate; None if the recipe does not tell (PPO).
        tokens_per_second: of one process; None if the recipe does not tell (PPO).
        peak_memory: bytes that torch has reserved on the first process's GPU since the step before; None if there is no
            GPU, or the configuration has `log_peak_memory_stats=False`.
        seconds: since the step before, or since training began, whatever was saved between them left out.
    """

    step: int
    steps: int
    epoch: int
    epochs: int
    loss: float
    lr: float | None
    tokens_per_second: float | None
    peak_memory: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint within an epoch that is whole, and has its name.

    Attributes:
        step: the optimizer step it is of.
        size: bytes of all its files.
        seconds: for which it has kept the training waiting.
    """

    step: int
    size: int
    seconds: float


class Listener(Protocol):
    """Somebody who wants to know. What it raises is told once in the log, and it is told nothing more."""

    def enter(self, phase: Phase, step: int) -> None:
        """Take that a phase begins, so many optimizer steps being done. The first one told is SETUP or FIRST_STEP."""

    def step(self, step: Step) -> None:
        """Take a step. One may go untold: the last before a training is stopped, say."""

    def save(self, saved: Saved) -> None:
        """Take a checkpoint."""

    def end(self, step: int) -> None:
        """Take that all steps are done and the last weights are saved; not told of a training that fails or stops."""


@dataclass(slots=True)
class Teller:
    """Tells all listeners, and keeps the training from what they do wrong.

    Attributes:
        say: takes a line of the log.
        clock: seconds that only grow.
    """

    listeners: tuple[Listener, ...]
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _phase: Phase | None = None
    _since: float = field(default=0.0)

    def enter(self, phase: Phase, step: int) -> None:
        """Tell of a phase, if it is another one."""
        if phase is not self._phase:
            self._phase = phase
            self._since = self.clock()
            self._tell(lambda listener: listener.enter(phase, step))

    @contextmanager
    def saving(self, step: int) -> Iterator[None]:
        """Tell that something is saved for as long as it is, and then that what was done before goes on."""
        before = self._phase
        self.enter(Phase.SAVING, step)
        try:
            yield
        finally:
            if before is not None:
                self.enter(before, step)

    def lap(self) -> float:
        """Return for how many seconds the step that ends now has lasted."""
        now = self.clock()
        seconds, self._since = now - self._since, now
        return seconds

    def step(self, step: Step) -> None:
        """Tell of a step."""
        self._tell(lambda listener: listener.step(step))

    def save(self, saved: Saved) -> None:
        """Tell of a checkpoint."""
        self._tell(lambda listener: listener.save(saved))

    def end(self, step: int) -> None:
        """Tell that the training is done."""
        self._tell(lambda listener: listener.end(step))

    def _tell(self, call: Callable[[Listener], None]) -> None:
        self.listeners = tuple(self._heard(call))

    def _heard(self, call: Callable[[Listener], None]) -> Iterable[Listener]:
        """Yield those whom it could be told."""
        for listener in self.listeners:
            try:
                call(listener)
            except Exception as error:  # noqa: BLE001 - whatever it is, the training is worth more
                name = type(listener).__name__
                self.say(f"Warning: {name} is told nothing more of the training: {type(error).__name__}: {error}.")
            else:
                yield listener
