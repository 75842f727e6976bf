"""When to write a change of mere counts, so that a TrainJob's life costs few requests."""

from dataclasses import dataclass, field
from weakref import WeakSet

_SLOWER = (1, 2, 4)
_QUIET = 10
_MINOR = 10
_FEW = 10
_SLOWEST = 4


@dataclass(slots=True, eq=False, weakref_slot=True)
class Pacer:
    """Spaces the writes of mere counts: each change waits for others to join it, longer while they keep coming.

    Attributes:
        delay: seconds that the first change waits; later ones wait up to four times as long until it has been quiet.
        waiting: the pacers of all TrainJobs whose changes wait now. If there are more than a few when it is asked, a
            change waits longer, up to four times: most that come in a burst end, or get a condition, before that.
    """

    delay: float
    waiting: WeakSet["Pacer"] = field(default_factory=WeakSet)
    _changed_at: float | None = None
    _written_at: float = float("-inf")
    _in_a_row: int = 0

    def seconds_left(self, now: float, *, minor: bool = False) -> float:
        """Give the time until a change that was seen now, or before, is to be written; a minor one waits ten times."""
        if self._changed_at is None:
            self._changed_at = now
            self.waiting.add(self)
            if now - self._written_at > _QUIET * self.delay:
                self._in_a_row = 0
        wait = _MINOR if minor else _SLOWER[min(self._in_a_row, len(_SLOWER) - 1)]
        return self._changed_at + self.delay * wait * min(max(len(self.waiting) / _FEW, 1), _SLOWEST) - now

    def is_waiting(self) -> bool:
        """Tell whether there is something to be written."""
        return self._changed_at is not None

    def settle(self) -> None:
        """Forget the change: it was undone, or written together with something else."""
        self._changed_at = None
        self.waiting.discard(self)

    def note_write(self, now: float, *, with_more: bool) -> None:
        """Note that the counts were written, alone or with a condition that could not wait."""
        self.settle()
        if not with_more:
            self._written_at = now
            self._in_a_row += 1
