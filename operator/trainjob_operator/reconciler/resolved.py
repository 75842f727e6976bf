"""What a TrainJob and its runtime come to: every step as it will run, or why it cannot."""

from dataclasses import dataclass

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.jobset import DependsOn
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.status import RecipeStatus
from trainjob_operator.api.workload import ClaimTemplate, JobTemplate
from trainjob_operator.reconciler.state import Endpoint


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why nothing can be made of a TrainJob, told so that its author can act on it."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Group:
    """Where a step stands among those of its ``groupName``, as JobSet counts."""

    name: str
    index: int
    size: int


@dataclass(frozen=True, slots=True)
class Step:
    """A replicated job of the runtime with everything of the TrainJob in it.

    Attributes:
        index: position among all steps, from 0.
        pods: how many pods run at the same time.
        completions: how many have to succeed.
        depends_on: the steps that come first.
    """

    name: str
    index: int
    group: Group
    pods: int
    completions: int
    depends_on: tuple[DependsOn, ...]
    template: JobTemplate


@dataclass(frozen=True, slots=True)
class Claim:
    """A volume claim of the TrainJob's own. ``is_retained``: it outlives the TrainJob."""

    name: str
    template: ClaimTemplate
    is_retained: bool


@dataclass(frozen=True, slots=True)
class ResolvedJob:
    """A TrainJob that can run.

    Attributes:
        runtime: the runtime that all of this was made from.
        subdomain: name of the headless Service under which pods find each other.
        publishes_unready: the Service names pods before they are ready.
        labels, annotations: what the runtime wants on every Job.
        trainer: name of the step that trains.
        endpoint: where the trainers report, or None if nowhere.
        recipe: what TorchTune will run; None for other programs.
    """

    name: str
    namespace: str
    uid: str
    runtime: Runtime
    subdomain: str
    publishes_unready: bool
    labels: dict[str, str]
    annotations: dict[str, str]
    steps: tuple[Step, ...]
    claims: tuple[Claim, ...]
    trainer: str
    endpoint: Endpoint | None
    recipe: RecipeStatus | None
