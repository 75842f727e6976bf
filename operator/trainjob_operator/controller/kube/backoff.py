"""How long to wait after a number of failures in a row."""

import random

_DOUBLINGS = 16  # more would be longer than anybody waits, and too much for a float in the end


def back_off(failures: int, *, first: float, longest: float, jitter: float) -> float:
    """Give the seconds to wait: ``first`` after one failure, doubled with each more, ``longest`` at most.

    ``jitter`` is the part by which the pause may be shorter or longer, so that many do not come back at once.
    """
    pause = min(first * 2.0 ** min(failures - 1, _DOUBLINGS), longest)
    return pause * random.uniform(1 - jitter, 1 + jitter)  # noqa: S311 - spreads load, guards nothing
