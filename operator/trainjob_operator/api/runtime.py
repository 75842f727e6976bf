"""Training runtimes: what TrainJobs run on. TrainingRuntime and ClusterTrainingRuntime differ in their scope only."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from trainjob_operator.api.constraints import Constraints, Int32, Int64
from trainjob_operator.api.failure_policy import TrainJobFailurePolicy
from trainjob_operator.api.jobset import (
    Coordinator,
    DependsOn,
    FailurePolicy,
    FailurePolicyRule,
    JobSetSpec,
    JobSetTemplate,
    Network,
    ReplicatedJob,
    RetentionPolicy,
    StartupPolicy,
    SuccessPolicy,
    VolumeClaimPolicy,
)
from trainjob_operator.api.meta import ObjectMeta
from trainjob_operator.api.mlpolicy import EnvInjection, EnvInjectionTarget, MLPolicy, PodGroupPolicy, TorchPolicy
from trainjob_operator.api.model import Model, parse
from trainjob_operator.naming import API_VERSION

__all__ = [
    "Coordinator",
    "DependsOn",
    "EnvInjection",
    "EnvInjectionTarget",
    "FailurePolicy",
    "FailurePolicyRule",
    "JobSetSpec",
    "JobSetTemplate",
    "MLPolicy",
    "Network",
    "PodGroupPolicy",
    "ReplicatedJob",
    "RetentionPolicy",
    "RunPolicy",
    "Runtime",
    "RuntimeSpec",
    "StartupPolicy",
    "SuccessPolicy",
    "TorchPolicy",
    "VolumeClaimPolicy",
    "parse_runtime",
]


class RunPolicy(Model):
    """What holds for TrainJobs that do not say otherwise."""

    active_deadline_seconds: Annotated[Int64 | None, Constraints(minimum=1)] = None
    ttl_seconds_after_finished: Annotated[Int32 | None, Constraints(minimum=0)] = None
    failure_policy: TrainJobFailurePolicy | None = None


class RuntimeSpec(Model):
    """What a runtime offers to TrainJobs."""

    constraints: ClassVar[Constraints] = Constraints(min_properties=1)

    ml_policy: MLPolicy | None = Field(default=None, alias="mlPolicy")
    pod_group_policy: PodGroupPolicy | None = None
    run_policy: RunPolicy | None = None
    template: JobSetTemplate = Field(default_factory=JobSetTemplate)


class Runtime(Model):
    """A TrainingRuntime or a ClusterTrainingRuntime."""

    api_version: str = API_VERSION
    kind: Literal["TrainingRuntime", "ClusterTrainingRuntime"]
    metadata: ObjectMeta
    spec: RuntimeSpec


def parse_runtime(body: object) -> Runtime:
    """Parse a runtime.

    Raises:
        InvalidObjectError: it does not fit; the message names the object and the fields.
    """
    kind = body.get("kind") if isinstance(body, dict) else None
    return parse(Runtime, str(kind or "runtime"), body)
