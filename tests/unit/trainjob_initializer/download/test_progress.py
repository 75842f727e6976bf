import re

import pytest

from trainjob_initializer.download.activity import Count
from trainjob_initializer.download.progress import Progress, format_duration, format_size


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (12_345, "12.3 kB"), (2_510_000_000, "2.51 GB"), (1e16, "10.0 PB")],
)
def test_size(size: float, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0 s"), (0.4, "0 s"), (59, "59 s"), (125, "2 min 5 s"), (12_000, "3 h 20 min")]
)
def test_duration(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_line_while_it_moves() -> None:
    progress = Progress(total=Count(3, 1000), present=Count(1, 100))

    line = progress.line(Count(2, 250))

    assert re.fullmatch(r"250 B of 1\.00 kB \(25 %\), 2 of 3 files, [\d.]+ [kMG]?B/s, \d+ s left", line)


def test_line_while_nothing_comes() -> None:
    progress = Progress(total=Count(1, 0), present=Count(0, 0))

    assert progress.line(Count(0, 0)) == "0 B of 0 B (100 %), 0 of 1 file, 0 B/s"
