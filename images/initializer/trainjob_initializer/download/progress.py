"""Progress as lines for `kubectl logs --follow`."""

import time
from collections import deque

from trainjob_initializer.download.activity import Count

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_MINUTE = 60
_SAMPLES = 6


class Progress:
    """Rate and remaining time over the last few lines."""

    def __init__(self, total: Count, present: Count) -> None:
        self._total = total
        self._samples = deque([(time.monotonic(), present.size)], maxlen=_SAMPLES)

    def line(self, done: Count) -> str:
        """Say how far the download is: bytes, percent, files, rate and remaining time."""
        now = time.monotonic()
        since, size = self._samples[0]
        self._samples.append((now, done.size))
        rate = max(0.0, (done.size - size) / max(now - since, 1e-3))
        percent = 100 * done.size // self._total.size if self._total.size else 100
        parts = [
            f"{format_size(done.size)} of {format_size(self._total.size)} ({percent} %)",
            f"{done.files} of {format_files(self._total.files)}",
            f"{format_size(rate)}/s",
        ]
        if rate:
            parts.append(f"{format_duration((self._total.size - done.size) / rate)} left")
        return ", ".join(parts)


def format_files(number: int) -> str:
    """Write a number of files."""
    return "1 file" if number == 1 else f"{number} files"


def format_size(size: float) -> str:
    """Write a number of bytes with three digits and a decimal unit."""
    unit = 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size /= _STEP
        unit += 1
    digits = 0 if unit == 0 or size >= 100 else 1 if size >= 10 else 2  # noqa: PLR2004 - three digits in all
    return f"{size:.{digits}f} {_UNITS[unit]}"


def format_duration(seconds: float) -> str:
    """Write a duration as 40 s, 12 min 5 s or 3 h 20 min."""
    whole = max(0, round(seconds))
    minutes, second = divmod(whole, _MINUTE)
    hours, minute = divmod(minutes, _MINUTE)
    if hours:
        return f"{hours} h {minute} min"
    return f"{minutes} min {second} s" if minutes else f"{second} s"
