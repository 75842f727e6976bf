"""The recipe's output on its way to the container's log: progress bars become lines, and the last lines are kept."""

import codecs
import re
from collections import deque
from collections.abc import Callable

_TAIL_LINES = 40
_LEAST_SECONDS = 1.0
_SETTLE_SECONDS = 0.3
_BREAK = re.compile(r"[\r\n]")


class Transcript:
    """Hands whole lines to `write`, live.

    A line that a carriage return is about to overwrite (tqdm's bars) is a bar: of those only the latest is written, at
    most one a second, and a moment after it came, because TorchTune first advances a bar and then sets its text.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._text = ""
        self._is_bar = False
        self._bar = ""
        self._bar_due = 0.0
        self._last_bar = ""
        self._last_bar_at = 0.0
        self.tail: deque[str] = deque(maxlen=_TAIL_LINES)

    def feed(self, chunk: bytes, now: float) -> None:
        """Take what was read; `now` is a monotonic clock in seconds."""
        self._text += self._decoder.decode(chunk)
        while (end := _BREAK.search(self._text)) is not None:
            segment, self._text = self._text[: end.start()], self._text[end.end() :]
            if end.group() == "\n" and not self._is_bar:
                self._line(segment, now)
            elif end.group() == "\n":
                self._hold(segment, now)
                self._flush_bar(now)
                self._is_bar = False
            else:
                self._hold(segment, now)
                self._is_bar = True
        if self._is_bar and self._text:
            # A bar is written at once and not ended: what follows it is another text.
            self._hold(self._text, now)
            self._text, self._is_bar = "", False

    def tick(self, now: float) -> None:
        """Write a bar whose time has come."""
        if self._bar and now >= self._bar_due:
            self._flush_bar(now)

    def wait(self, now: float) -> float | None:
        """Return the seconds until `tick` has something to do, or None."""
        return max(self._bar_due - now, 0.0) if self._bar else None

    def close(self, now: float) -> None:
        """Write what is left."""
        self._flush_bar(now)
        if self._text:
            self._line(self._text, now)
        self._text = ""

    def _line(self, text: str, now: float) -> None:
        self._flush_bar(now)
        self._put(text)

    def _hold(self, segment: str, now: float) -> None:
        if not segment.strip():
            return
        if not self._bar:
            self._bar_due = max(self._last_bar_at + _LEAST_SECONDS, now + _SETTLE_SECONDS)
        self._bar = segment.strip()

    def _flush_bar(self, now: float) -> None:
        state = self._bar.partition(" [")[0]  # without the rates, which change when a finished bar is drawn again
        if self._bar and state != self._last_bar:
            self._put(self._bar)
            self._last_bar, self._last_bar_at = state, now
        self._bar = ""

    def _put(self, text: str) -> None:
        self.tail.append(text)
        self._write(text)
