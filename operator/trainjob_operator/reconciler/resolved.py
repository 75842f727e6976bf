"""What a TrainJob and its runtime come to: every step as it will run, or why it cannot."""

from dataclasses import dataclass

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.jobset import DependsOn
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.status import RecipeStatus
from trainjob_operator.api.workload import ClaimTemplate, JobTemplate
from trainjob_operator.api.workspace import OutputStatus
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.reconciler.state import Endpoint
from trainjob_operator.torchtune.methods import Method
from trainjob_operator.wording import list_few

_MOST_TOLD = 20
_LONGEST_VIOLATION = 1500


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why nothing can be made of a TrainJob: all that is wrong with it, and at least one thing."""

    violations: tuple[Violation, ...]

    @property
    def reason(self) -> Reason:
        """That of the first violation."""
        return self.violations[0].reason

    @property
    def message(self) -> str:
        """All of them, as far as a condition can hold them."""
        return list_few(self.violations, most=_MOST_TOLD, between="; ", longest=_LONGEST_VIOLATION)


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
    """A volume claim of the TrainJob.

    Attributes:
        template: what it is made from; its name is the volume's.
        is_retained: it outlives the TrainJob.
        is_given: somebody else made it, and looks after it.
    """

    name: str
    template: ClaimTemplate
    is_retained: bool
    is_given: bool = False


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
        run, method: what TorchTune will run, and how it trains by that; None for other programs.
        recipe: the same for the status.
        output: where the result will be; None if that is not known, or on no claim.
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
    run: TuneRun | None
    method: Method | None
    recipe: RecipeStatus | None
    output: OutputStatus | None = None
