"""How far a training is, as our trainer reports it and as the status keeps it; trainjob_contract has the words."""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from trainjob_contract.progress import LONGEST_PHASE, MOST_POINTS, NUMBER_PATTERN, PHASE_PATTERN
from trainjob_operator.api.constraints import Constraints, Count, Int64
from trainjob_operator.api.model import Model

_LONGEST_NUMBER = 64
_LONGEST_SUMMARY = 48


class Point(Model):
    """The loss at a step, as text: Kubernetes has no fractions."""

    step: Count
    loss: Annotated[str, Constraints(min_length=1, max_length=_LONGEST_NUMBER, pattern=NUMBER_PATTERN)]


class Checkpoint(Model):
    """The newest that the training can go on from."""

    step: Count
    time: datetime
    bytes: Annotated[Int64 | None, Constraints(minimum=0)] = None
    seconds: Count | None = None


class Progress(Model):
    """What a trainer reports beside what Kubeflow Trainer knows."""

    phase: Annotated[str, Constraints(min_length=1, max_length=LONGEST_PHASE, pattern=PHASE_PATTERN)]
    step: Count | None = None
    steps: Count | None = None
    epoch: Count | None = None
    epochs: Count | None = None
    resumed_from_step: Count | None = None
    checkpoint: Checkpoint | None = None
    curve: Annotated[tuple[Point, ...] | None, Constraints(max_items=MOST_POINTS)] = None


def _forget(_: object) -> None:
    """Leave the curve where it is: those of some thousand TrainJobs would fill the memory, and nobody here asks."""


class ProgressStatus(Model):
    """What the status keeps of it. The curve is in the API server alone: it is written and never read."""

    summary: Annotated[str | None, Constraints(max_length=_LONGEST_SUMMARY)] = None
    """What ``kubectl get`` shows."""
    phase: Annotated[str | None, Constraints(max_length=LONGEST_PHASE, pattern=PHASE_PATTERN)] = None
    step: Count | None = None
    steps: Count | None = None
    epoch: Count | None = None
    epochs: Count | None = None
    resumed_from_step: Count | None = None
    checkpoint: Checkpoint | None = None
    curve: Annotated[tuple[Point, ...] | None, Constraints(max_items=MOST_POINTS), BeforeValidator(_forget)] = None
