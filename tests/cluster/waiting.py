"""Waiting for what a cluster does in its own time: three times as long as it takes when several run on two cores."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE_S = 240.0


def eventually(look: Callable[[], T], within_s: float = PATIENCE_S, every_s: float = 0.2) -> T:
    """Return the first true answer; an AssertionError with the last one if none comes in time."""
    deadline = time.monotonic() + within_s
    while True:
        answer = look()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"still {answer!r} after {within_s:.0f} s"
        time.sleep(every_s)
