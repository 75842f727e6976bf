"""What the log is told of a training: how far it is, every minute, and each checkpoint.

TorchTune's bar says less, and is no line that a person finds in a long log.
"""

import time
from collections.abc import Callable

from trainjob_torchtune.steps.telling import Phase, Saved, Step

_EVERY = 60.0
_MIB, _GIB = 1 << 20, 1 << 30
_MINUTE, _HOUR = 60, 3600


class Log:
    """A listener that writes lines."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Take where lines go, and a clock in seconds."""
        self._say = say
        self._clock = clock
        self._told_at = clock()
        self._steps, self._seconds = 0, 0.0
        self._before: int | None = None

    def enter(self, phase: Phase, step: int) -> None:
        """Count from here; the first step says nothing of how long the others take."""
        if phase is Phase.FIRST_STEP:
            self._told_at = self._clock()
            self._before = None
        del step

    def step(self, step: Step) -> None:
        """Write a line, if it is time."""
        if self._before is not None:
            self._steps += step.step - self._before
            self._seconds += step.seconds * (step.step - self._before)
        self._before = step.step
        now = self._clock()
        if now - self._told_at >= _EVERY:
            self._told_at = now
            self._say(describe(step, self._seconds / self._steps if self._steps else None))

    def save(self, saved: Saved) -> None:
        """Write one of a checkpoint."""
        self._say(f"Checkpoint of step {saved.step}: {saved.size / _MIB:.0f} MiB in {saved.seconds:.1f} s.")

    def end(self, step: int) -> None:
        """Leave it to others to say that all is well."""


def describe(step: Step, pace: float | None) -> str:
    """Tell of a step in one line; `pace`: the mean seconds of one, if it is known."""
    parts = [f"loss {step.loss:.4g}", f"{step.seconds:.2g} s a step"]
    if step.tokens_per_second is not None:
        parts.append(f"{step.tokens_per_second:.0f} tokens/s a process")
    if step.peak_memory is not None:
        parts.append(f"{step.peak_memory / _GIB:.1f} GiB")
    left = f"; {_describe_time(pace * (step.steps - step.step))} left" if pace is not None else ""
    return f"Step {step.step} of {step.steps}, epoch {step.epoch} of {step.epochs}: {', '.join(parts)}{left}."


def _describe_time(seconds: float) -> str:
    if seconds < _MINUTE:
        return "less than a minute"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds // _HOUR:.0f} h {seconds % _HOUR / _MINUTE:.0f} min"
