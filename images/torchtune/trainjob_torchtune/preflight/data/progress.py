"""What is said while rows are read and looked at, so that minutes of it do not look like a pod that hangs."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

_EVERY = 15.0


class Progress:
    """Says from time to time how far it is, and at the end how long it took, if that is worth a line.

    Reading is one call of `datasets`, so that only a thread beside it can say anything.
    """

    def __init__(self, say: Callable[[str], None], *, is_long: bool, every: float = _EVERY) -> None:
        self._say, self._is_long, self._every = say, is_long, every
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._done = self._rows = 0

    def note(self, done: int, rows: int) -> None:
        """Remember how many of the rows have been looked at."""
        self._done, self._rows = done, rows

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        if self._done and self._is_long:
            self._say(f"Data: looked at {self._done:,} rows in {time.monotonic() - self._began:.0f} s.")

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            self._is_long = True
            seconds = f"{time.monotonic() - self._began:.0f} s so far"
            looked = f"looked at {self._done:,} of {self._rows:,} rows" if self._rows else "still reading"
            self._say(f"Data: {looked}, {seconds}.")
