"""The recipe's output on its way to the container's log: progress bars become lines, and the last lines are kept."""

import codecs
import re
from collections import deque
from collections.abc import Callable

# Enough for the tracebacks of all processes of a node, and torchrun's report after them.
_TAIL_LINES = 1000
# Characters; what has no end is cut, so that it is neither kept whole nor searched again with each chunk.
_LONGEST_LINE = 64 * 1024
_LEAST_SECONDS = 1.0
_SETTLE_SECONDS = 0.3
_BREAK = re.compile(r"[\r\n]")
# A whole bar of tqdm, with the blanks that wipe out a longer one; the recipe's next words follow it on the same line.
_BAR = re.compile(r"[^\r\n]*?\d+/\d+ \[[^\]\r\n]*\] *")


class Transcript:
    """Hands whole lines to `write`, live.

    What follows a carriage return is a bar (tqdm's): of those only the latest is written, at most one a second, and a
    moment after it came, because TorchTune first advances a bar and then sets its text.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._text = ""
        self._begins_bar = False
        self._is_after_bar = False
        self._bar = ""
        self._bar_due = 0.0
        self._last_bar = ""
        self._last_bar_at = 0.0
        self.tail: deque[str] = deque(maxlen=_TAIL_LINES)

    def feed(self, chunk: bytes, now: float) -> None:
        """Take what was read; `now` is a monotonic clock in seconds."""
        self._text += self._decoder.decode(chunk)
        while True:
            if self._begins_bar and (bar := _BAR.match(self._text)):
                self._hold(bar.group(), now)
                self._text, self._begins_bar = self._text[bar.end() :], False
            if (end := _BREAK.search(self._text)) is None:
                break
            segment, self._text = self._text[: end.start()], self._text[end.end() :]
            self._end(segment, end.group(), now)
        if self._begins_bar and self._text:
            # Another kind of bar: each is written at once, and not ended.
            self._hold(self._text, now)
            self._text, self._begins_bar = "", False
        while len(self._text) > _LONGEST_LINE:
            self._end(self._text[:_LONGEST_LINE], "\n", now)
            self._text = self._text[_LONGEST_LINE:]

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
            self._put(self._text)
        self._text = ""

    def _end(self, segment: str, end: str, now: float) -> None:
        if end == "\r" or self._begins_bar:
            self._hold(segment, now)
        elif segment or not self._is_after_bar:
            self._flush_bar(now)
            self._put(segment)
        if end == "\n":
            self._flush_bar(now)
            self._is_after_bar = False
        self._begins_bar = end == "\r"

    def _hold(self, segment: str, now: float) -> None:
        if not segment.strip():
            return
        if not self._bar:
            self._bar_due = max(self._last_bar_at + _LEAST_SECONDS, now + _SETTLE_SECONDS)
        self._bar = segment.strip()
        self._is_after_bar = True

    def _flush_bar(self, now: float) -> None:
        state = self._bar.partition(" [")[0]  # without the rates, which change when a finished bar is drawn again
        if self._bar and state != self._last_bar:
            self._put(self._bar)
            self._last_bar, self._last_bar_at = state, now
        self._bar = ""

    def _put(self, text: str) -> None:
        self.tail.append(text)
        self._write(text)
