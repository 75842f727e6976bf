"""What a runtime has done about failures of its TrainJobs: ``spec.runPolicy.failurePolicy``, as in KEP-4162."""

from typing import Annotated, ClassVar, Literal

from trainjob_operator.api.constraints import QUALIFIED_NAME, Constraints, Int32, Rule
from trainjob_operator.api.model import Model

FailureAction = Literal["FailTrainJob", "RestartTrainJob", "RestartTrainJobAndIgnoreMaxRestarts"]
"""What is done about a failure. A restart that counts is made only while ``maxRestarts`` leaves one."""


class ExitCodes(Model):
    """Exit codes of the container that failed first in the pod to blame; 0 is never meant."""

    container_name: Annotated[str | None, Constraints(min_length=1, max_length=63)] = None
    operator: Literal["In", "NotIn"]
    values: Annotated[tuple[Int32, ...], Constraints(min_items=1, max_items=255, unique=True)]

    def meet(self, container: str, exit_code: int) -> bool:
        """Tell whether they are those with which a container failed."""
        is_meant = self.container_name in {None, container}
        return is_meant and exit_code != 0 and (exit_code in self.values) is (self.operator == "In")

    def name(self, exit_code: int) -> bool:
        """Tell whether an exit code is among those that are listed as meant."""
        return self.operator == "In" and exit_code in self.values


class PodConditionPattern(Model):
    """A condition of the pod to blame."""

    type: Annotated[str, QUALIFIED_NAME]
    status: Annotated[Literal["True", "False", "Unknown"], Constraints(default="True")] = "True"


class FailureRule(Model):
    """What is done about one sort of failure; of several patterns one is enough."""

    constraints: ClassVar[Constraints] = Constraints(
        rules=(
            Rule(
                "has(self.onExitCodes) != has(self.onPodConditions)",
                "exactly one of onExitCodes and onPodConditions must be set",
            ),
        )
    )

    action: FailureAction
    on_exit_codes: ExitCodes | None = None
    on_pod_conditions: Annotated[tuple[PodConditionPattern, ...] | None, Constraints(min_items=1, max_items=20)] = None


class TrainJobFailurePolicy(Model):
    """How often the trainers are restarted, and after which failures: the first rule that is met decides.

    What meets no rule is a restart that counts.
    """

    max_restarts: Annotated[Int32 | None, Constraints(minimum=0)] = None
    rules: Annotated[tuple[FailureRule, ...] | None, Constraints(max_items=20)] = None
