"""The user's logger is told what it would be told without us; each step's loss comes to us."""

from typing import Any

from trainjob_torchtune.steps.meter import Meter


class Recorder:
    """A metric logger."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, dict[str, Any]]] = []
        self.is_open = True

    def log_dict(self, payload: dict[str, Any], step: int) -> None:
        """Keep it."""
        self.rows.append((step, payload))

    def close(self) -> None:
        """Close it."""
        self.is_open = False


def test_only_what_is_wanted_is_handed_on() -> None:
    logger, seen, step = Recorder(), [], 0
    meter = Meter(logger, lambda: step % 3 == 0, lambda number, payload: seen.append((number, payload["loss"])))
    for step in range(1, 8):
        meter.log_dict({"loss": step / 2, "lr": 0.1}, step=step)

    assert logger.rows == [(3, {"loss": 1.5, "lr": 0.1}), (6, {"loss": 3.0, "lr": 0.1})]
    assert seen == [(number, number / 2) for number in range(1, 8)]


def test_the_highest_memory_since_the_last_row_is_told() -> None:
    logger, step = Recorder(), 0
    meter = Meter(logger, lambda: step % 2 == 0, lambda *_: None)
    for step, peak in enumerate((5.0, 3.0, 1.0, 2.0), start=1):
        meter.log_dict({"peak_memory_active": peak}, step=step)

    assert [row["peak_memory_active"] for _, row in logger.rows] == [5.0, 2.0]


def test_all_else_is_the_loggers_own() -> None:
    logger = Recorder()
    Meter(logger, lambda: True, lambda *_: None).close()

    assert not logger.is_open
