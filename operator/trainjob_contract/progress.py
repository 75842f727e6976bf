"""What a training tells of itself, as the trainer sends it and the operator takes it.

Numbers are text in `trainerStatus` because Kubeflow Trainer has them so, and in the curve because the API of Kubernetes
has no fractions.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

LEAST_SECONDS = 10
"""From one report to the next, but for the first and the last."""
MOST_SECONDS = 3600
NEXT_REPORT = "Trainjob-Next-Report"
"""The header of an answer that says in how many seconds the next report is welcome."""
MOST_POINTS = 64
MOST_METRICS = 256
LONGEST_TEXT = 64
LONGEST_PHASE = 32
PHASE_PATTERN = "^[a-z][-a-z0-9 ]*$"
NUMBER_PATTERN = r"^-?[0-9]{1,24}(\.[0-9]{1,24})?(e[-+]?[0-9]{1,3})?$"
LARGEST_INT32 = 2**31 - 1
LARGEST_INT64 = 2**63 - 1

TRAINING = "training"
"""The phase in which nothing but steps is done."""
DONE = "done"

LOSS = "loss"
LEARNING_RATE = "learning_rate"
TOKENS_PER_SECOND = "tokens_per_second"
PEAK_MEMORY = "peak_memory_gib"
STEP = "step"
EPOCH = "epoch"
SECONDS_PER_STEP = "seconds_per_step"
"""The names of metrics: they stay as they are."""


@dataclass(frozen=True, slots=True)
class Point:
    """The loss at a step, or the mean of the steps since the point before."""

    step: int
    loss: float


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The newest that one can go on from: of which step, since when, of how many bytes, written in how many seconds."""

    step: int
    time: datetime
    size: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a training is; what is None is not known yet.

    Attributes:
        phase: what it does now.
        step, steps: optimizer steps that are done, and that there will be.
        epoch, epochs: the epoch in which it is, from 1, and how many there will be.
        resumed_from_step: that of the checkpoint that it has gone on from.
        curve: the loss from the start to now, some points of it.
    """

    phase: str
    step: int = 0
    steps: int | None = None
    epoch: int | None = None
    epochs: int | None = None
    resumed_from_step: int | None = None
    checkpoint: Checkpoint | None = None
    curve: tuple[Point, ...] = ()

    @property
    def percentage(self) -> int | None:
        """Whole percents of the steps."""
        return min(100, 100 * self.step // self.steps) if self.steps else None


@dataclass(frozen=True, slots=True)
class Report:
    """A progress, seconds that are left if that is known, and numbers of the last step by their names."""

    progress: Progress
    remaining_seconds: float | None
    metrics: Mapping[str, float | None]

    def body(self, now: datetime) -> Mapping[str, Any]:
        """Return it as it is sent; without a step there is nothing for `trainerStatus` to say."""
        progress = _present(_spell(self.progress))
        percentage = self.progress.percentage
        if percentage is None:
            return {"progress": progress}
        metrics = [
            {"name": name, "value": spell_number(value)} for name, value in self.metrics.items() if value is not None
        ]
        left = self.remaining_seconds
        status = {
            "progressPercentage": percentage,
            "estimatedRemainingSeconds": None if left is None else _bounded(left, LARGEST_INT32),
            "metrics": metrics[:MOST_METRICS] or None,
            "lastUpdatedTime": now.isoformat(),
        }
        return {"trainerStatus": _present(status), "progress": progress}


def spell_number(value: float) -> str:
    """Write a number with as many digits as one reads."""
    return f"{value:.6g}"


def _spell(progress: Progress) -> dict[str, Any]:
    saved = progress.checkpoint
    points = [point for point in progress.curve if math.isfinite(point.loss)]
    return {
        "phase": progress.phase,
        "step": progress.step,
        "steps": progress.steps,
        "epoch": progress.epoch,
        "epochs": progress.epochs,
        "resumedFromStep": progress.resumed_from_step,
        "checkpoint": None
        if saved is None
        else {
            "step": saved.step,
            "time": saved.time.isoformat(),
            "bytes": _bounded(saved.size, LARGEST_INT64),
            "seconds": _bounded(saved.seconds, LARGEST_INT32),
        },
        "curve": [{"step": point.step, "loss": spell_number(point.loss)} for point in points[-MOST_POINTS:]] or None,
    }


def _bounded(value: float, most: int) -> int:
    return max(0, min(most, math.ceil(value))) if math.isfinite(value) else most


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
