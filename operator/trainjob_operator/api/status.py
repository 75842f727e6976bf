"""The status of a TrainJob: Kubeflow Trainer v2.3's, KEP-2899's times, KEP-4162's restarts, the recipe and failures."""

from datetime import datetime
from typing import Annotated, ClassVar

from trainjob_operator.api.conditions import Condition
from trainjob_operator.api.constraints import NAME, Constraints, Count, Int32, Int64, Rule
from trainjob_operator.api.failure_policy import FailureAction
from trainjob_operator.api.model import Model


class JobStatus(Model):
    """How many Jobs of a replicated job are in which state; there is one Job, so each is 0 or 1."""

    name: Annotated[str, NAME]
    ready: Count
    succeeded: Count
    failed: Count
    active: Count
    suspended: Count


class Metric(Model):
    """A number of the training, as text."""

    name: Annotated[str, Constraints(min_length=1, max_length=64)]
    value: Annotated[str, Constraints(min_length=1, max_length=64)]


class TrainerStatus(Model):
    """What the trainer itself reports."""

    constraints: ClassVar[Constraints] = Constraints(
        rules=(Rule("has(self.lastUpdatedTime)", "lastUpdatedTime is required when trainerStatus is present"),)
    )

    progress_percentage: Annotated[Int32 | None, Constraints(minimum=0, maximum=100)] = None
    estimated_remaining_seconds: Count | None = None
    metrics: Annotated[tuple[Metric, ...] | None, Constraints(max_items=256)] = None
    last_updated_time: datetime | None = None


class RecipeStatus(Model):
    """What was chosen for the trainer, known before a GPU is taken."""

    model: str | None = None
    method: str | None = None
    recipe: str
    config: str
    num_nodes: Count
    num_proc_per_node: Annotated[str, Constraints(max_length=16)]
    """A number, or ``auto`` for one on each accelerator."""


class FailureStatus(Model):
    """The first container that failed, as it was seen then: it stays when the pod is gone."""

    job: str
    pod: str | None = None
    node: str | None = None
    container: str | None = None
    exit_code: Int32 | None = None
    reason: str
    log_tail: Annotated[str | None, Constraints(max_length=4096)] = None
    """The end of what the container said: its termination message."""


class LastFailureStatus(FailureStatus):
    """The newest failure of a TrainJob whose runtime has a failure policy, and what was done about it."""

    action: FailureAction
    time: datetime


class TrainJobStatus(Model):
    """What was seen. Absent is None; nothing is ever an empty list."""

    constraints: ClassVar[Constraints] = Constraints(min_properties=1)

    conditions: Annotated[tuple[Condition, ...] | None, Constraints(keys=("type",), max_items=8)] = None
    jobs_status: Annotated[tuple[JobStatus, ...] | None, Constraints(keys=("name",), max_items=100)] = None
    trainer_status: TrainerStatus | None = None
    observed_generation: Annotated[Int64 | None, Constraints(minimum=0)] = None
    start_time: datetime | None = None
    completion_time: datetime | None = None
    trainer_start_time: datetime | None = None
    """When all trainers ran for the first time since the start or the last resumption."""
    recipe: RecipeStatus | None = None
    failure: FailureStatus | None = None
    restarts: Count | None = None
    """How often all trainers were restarted; whatever Jobs are older have been counted."""
    restarts_count_towards_max: Count | None = None
    last_failure: LastFailureStatus | None = None
