"""The TrainJob, field by field as Kubeflow Trainer v2.3 has it, with the status fields of its KEP-2899."""

from datetime import datetime

from pydantic import ValidationError

from trainjob_operator.api.conditions import Condition
from trainjob_operator.api.meta import ObjectMeta
from trainjob_operator.api.model import Model
from trainjob_operator.api.patches import RuntimePatch
from trainjob_operator.api.workload import EnvVar, LocalObjectReference, ResourceRequirements
from trainjob_operator.errors import InvalidObjectError
from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME, GROUP


class RuntimeRef(Model):
    """Which runtime the TrainJob runs on."""

    name: str
    api_group: str = GROUP
    kind: str = CLUSTER_TRAINING_RUNTIME


class InitializerSource(Model):
    """Where a model or a data set comes from. An empty ``storageUri`` is a value, not an absence."""

    storage_uri: str | None = None
    env: tuple[EnvVar, ...] | None = None
    secret_ref: LocalObjectReference | None = None


class Initializer(Model):
    """What is downloaded before training."""

    dataset: InitializerSource | None = None
    model: InitializerSource | None = None


class Trainer(Model):
    """What the TrainJob changes of the runtime's trainer. ``args: []`` clears, an absent ``args`` keeps."""

    image: str | None = None
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    env: tuple[EnvVar, ...] | None = None
    num_nodes: int | None = None
    resources_per_node: ResourceRequirements | None = None
    num_proc_per_node: int | None = None


class TrainJobSpec(Model):
    """What is wanted."""

    runtime_ref: RuntimeRef
    initializer: Initializer | None = None
    trainer: Trainer | None = None
    runtime_patches: tuple[RuntimePatch, ...] | None = None
    suspend: bool | None = None
    active_deadline_seconds: int | None = None
    managed_by: str | None = None


class JobStatus(Model):
    """How many Jobs of a replicated job are in which state; there is one Job, so each is 0 or 1."""

    name: str
    ready: int
    succeeded: int
    failed: int
    active: int
    suspended: int


class Metric(Model):
    """A number of the training, as text."""

    name: str
    value: str


class TrainerStatus(Model):
    """What the trainer itself reports."""

    progress_percentage: int | None = None
    estimated_remaining_seconds: int | None = None
    metrics: tuple[Metric, ...] | None = None
    last_updated_time: datetime | None = None


class TrainJobStatus(Model):
    """What was seen. Absent is None; nothing is ever an empty list."""

    conditions: tuple[Condition, ...] | None = None
    jobs_status: tuple[JobStatus, ...] | None = None
    trainer_status: TrainerStatus | None = None
    observed_generation: int | None = None
    start_time: datetime | None = None
    completion_time: datetime | None = None


class TrainJob(Model):
    """A training run of a model on a runtime."""

    metadata: ObjectMeta
    spec: TrainJobSpec
    status: TrainJobStatus | None = None


def parse_trainjob(body: object) -> TrainJob:
    """Parse a TrainJob.

    Raises:
        InvalidObjectError: it does not fit its schema.
    """
    try:
        return TrainJob.model_validate(body)
    except ValidationError as error:
        raise InvalidObjectError(explain(error)) from error


def explain(error: ValidationError) -> str:
    """Say which fields of an object are wrong and why, without their values."""
    problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
    return "; ".join(problems)
