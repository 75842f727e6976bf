"""When to write a change of mere counts, so that a TrainJob's life costs few requests."""

from dataclasses import dataclass

_SLOWER = (1, 2, 4)
_QUIET = 10
_MINOR = 10


@dataclass(slots=True)
class Pacer:
    """Spaces the writes of mere counts: each change waits for others to join it, longer while they keep coming.

    Attributes:
        delay: seconds that the first change waits; later ones wait up to four times as long until it has been quiet.
    """

    delay: float
    _changed_at: float | None = None
    _written_at: float = float("-inf")
    _in_a_row: int = 0

    def seconds_left(self, now: float, *, minor: bool = False) -> float:
        """Give the time until a change that was seen now, or before, is to be written; a minor one waits ten times."""
        if self._changed_at is None:
            self._changed_at = now
            if now - self._written_at > _QUIET * self.delay:
                self._in_a_row = 0
        wait = _MINOR if minor else _SLOWER[min(self._in_a_row, len(_SLOWER) - 1)]
        return self._changed_at + self.delay * wait - now

    def is_waiting(self) -> bool:
        """Tell whether there is something to be written."""
        return self._changed_at is not None

    def settle(self) -> None:
        """Forget the change: it was undone, or written together with something else."""
        self._changed_at = None

    def note_write(self, now: float, *, with_more: bool) -> None:
        """Note that the counts were written, alone or with a condition that could not wait."""
        self._changed_at = None
        if not with_more:
            self._written_at = now
            self._in_a_row += 1
