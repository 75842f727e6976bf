"""What a training reports, as it is sent; that the operator takes all of it is shown with its reader."""

import json
import math
from datetime import UTC, datetime

from trainjob_contract.progress import MOST_POINTS, Checkpoint, Point, Progress, Report
from trainjob_operator.controller.endpoints import reports

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
TIME = "2026-01-02T03:04:05.678901+00:00"


def test_a_report_is_spelt_for_both_parts_of_the_status() -> None:
    progress = Progress(
        phase="training",
        step=5,
        steps=13,
        epoch=1,
        epochs=2,
        resumed_from_step=4,
        checkpoint=Checkpoint(step=4, time=NOW, size=1000, seconds=0.2),
        curve=(Point(1, 2.5), Point(5, 1.23456789e-5)),
    )
    metrics = {"loss": 1.23456789, "learning_rate": 2e-5, "tokens_per_second": None, "step": 5.0}

    assert Report(progress, 12.01, metrics).body(NOW) == {
        "trainerStatus": {
            "progressPercentage": 38,
            "estimatedRemainingSeconds": 13,
            "metrics": [
                {"name": "loss", "value": "1.23457"},
                {"name": "learning_rate", "value": "2e-05"},
                {"name": "step", "value": "5"},
            ],
            "lastUpdatedTime": TIME,
        },
        "progress": {
            "phase": "training",
            "step": 5,
            "steps": 13,
            "epoch": 1,
            "epochs": 2,
            "resumedFromStep": 4,
            "checkpoint": {"step": 4, "time": TIME, "bytes": 1000, "seconds": 1},
            "curve": [{"step": 1, "loss": "2.5"}, {"step": 5, "loss": "1.23457e-05"}],
        },
    }


def test_before_the_first_step_there_is_no_percentage() -> None:
    assert Report(Progress(phase="setup"), None, {}).body(NOW) == {"progress": {"phase": "setup", "step": 0}}


def test_what_has_no_bounds_gets_some_and_is_taken() -> None:
    points = tuple(Point(step, [math.nan, math.inf, 1e300, -1e-300][step % 4]) for step in range(1000))
    saved = Checkpoint(step=4, time=NOW, size=2**70, seconds=-math.inf)
    progress = Progress(phase="training", step=10**6, steps=3, checkpoint=saved, curve=points)
    metrics = {f"metric {number}": math.nan for number in range(1000)}

    body = Report(progress, math.inf, metrics).body(NOW)

    assert len(body["progress"]["curve"]) == MOST_POINTS
    assert body["trainerStatus"]["progressPercentage"] == 100
    assert len(body["trainerStatus"]["metrics"]) == 256
    assert isinstance(reports.read_report(json.dumps(body).encode()), reports.Report)
