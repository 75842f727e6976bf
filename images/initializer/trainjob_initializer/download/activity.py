"""What arrives from the Hub, and when something last did; shared by the threads of a download."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# The Hub counts requests in windows of five minutes; without a byte in between, nobody waits longer than this in all.
_LONGEST_PAUSE_S = 600.0


@dataclass(frozen=True, slots=True)
class Count:
    """How far the download is; bytes."""

    files: int
    size: int


class Activity:
    """Counts bytes and files, and knows for how long nothing was heard, and nothing gained.

    Times are of the monotonic clock, which goes on when the program is replaced by a new run of itself.
    """

    def __init__(self, gained_at: float | None = None) -> None:
        now = time.monotonic()
        self._lock = threading.Lock()
        self._heard_at = now
        self._gained_at = now if gained_at is None else gained_at
        self._paused_s = 0.0
        self._paused_until = now
        self._files = 0
        self._size = 0

    @property
    def gained_at(self) -> float:
        """When the last byte or file arrived."""
        return self._gained_at

    def count(self) -> Count:
        """Return how far the download is."""
        with self._lock:
            return Count(self._files, self._size)

    def hear(self) -> None:
        """Note a sign of life."""
        with self._lock:
            self._heard_at = max(self._heard_at, time.monotonic())

    def gain(self, size: int, files: int = 0) -> None:
        """Count bytes and files that have arrived (or, if negative, turned out to be useless)."""
        with self._lock:
            self._size += size
            self._files += files
            if size > 0 or files > 0:
                self._gained_at = time.monotonic()
                self._heard_at = max(self._heard_at, self._gained_at)
                self._paused_s = 0.0

    def allow_pause(self, seconds: float) -> None:
        """Expect nothing for so long: the Hub asked for it.

        A pause that has begun is not counted again, and all of them together have an end: a Hub that always asks for
        one would otherwise never be given up.
        """
        with self._lock:
            now = time.monotonic()
            granted = min(seconds, _LONGEST_PAUSE_S - self._paused_s)
            if now < self._paused_until or granted <= 0:
                return
            self._paused_s += granted
            self._paused_until = now + granted
            self._heard_at = max(self._heard_at, self._paused_until)
            self._gained_at += granted

    def pause_s(self) -> float:
        """Return for how long the Hub still asks to be left alone; seconds."""
        return max(0.0, self._paused_until - time.monotonic())

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Let time pass that is not the Hub's: files on the volume are looked at."""
        began = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                passed = time.monotonic() - began
                self._heard_at += passed
                self._gained_at += passed

    def silent_s(self) -> float:
        """Return for how long there was no sign of life; seconds."""
        return time.monotonic() - self._heard_at

    def fruitless_s(self) -> float:
        """Return for how long nothing useful arrived; seconds."""
        return time.monotonic() - self._gained_at
