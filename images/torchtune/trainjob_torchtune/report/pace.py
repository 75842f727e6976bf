"""How long a training still takes: the median of its last steps, which one that was slow does not change."""

from collections import deque
from dataclasses import dataclass, field
from statistics import median

_LOOKED_AT = 32


@dataclass(slots=True)
class Pace:
    """Takes the seconds of each step."""

    _seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_LOOKED_AT))

    def add(self, seconds: float) -> None:
        """Take a step."""
        self._seconds.append(seconds)

    @property
    def seconds_per_step(self) -> float | None:
        """What a step takes; None if none has been seen."""
        return median(self._seconds) if self._seconds else None

    def remaining(self, steps: int) -> float | None:
        """Return the seconds that so many steps take."""
        pace = self.seconds_per_step
        return None if pace is None else pace * max(0, steps)
