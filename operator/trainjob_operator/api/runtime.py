"""Training runtimes: templates of Jobs in the shape of a JobSet, shared by TrainingRuntime and ClusterTrainingRuntime."""

from typing import Any, Literal

from pydantic import Field, ValidationError

from trainjob_operator.api.meta import ObjectMeta
from trainjob_operator.api.model import Model
from trainjob_operator.api.trainjob import explain
from trainjob_operator.api.workload import ClaimTemplate, JobTemplate, TemplateMeta
from trainjob_operator.errors import InvalidObjectError
from trainjob_operator.naming import API_VERSION


class EnvInjectionTarget(Model):
    """Containers of a replicated job that get the torchrun environment as well."""

    job_name: str
    container_names: tuple[str, ...] = ()


class EnvInjection(Model):
    """Which containers beside the trainer's get the torchrun environment."""

    targets: tuple[EnvInjectionTarget, ...] = ()


class TorchPolicy(Model):
    """How PyTorch is launched."""

    env_injection: EnvInjection | None = None


class MLPolicy(Model):
    """The framework and how many nodes it takes. Policies other than torch are kept to be refused by name."""

    num_nodes: int | None = None
    torch: TorchPolicy | None = None
    mpi: dict[str, Any] | None = None
    jax: dict[str, Any] | None = None
    xgboost: dict[str, Any] | None = None
    flux: dict[str, Any] | None = None


class DependsOn(Model):
    """A replicated job that must be Ready or Complete first."""

    name: str
    status: Literal["Ready", "Complete"]


class ReplicatedJob(Model):
    """A step of the runtime."""

    name: str
    replicas: int | None = None
    group_name: str | None = None
    depends_on: tuple[DependsOn, ...] | None = None
    template: JobTemplate = Field(default_factory=JobTemplate)


class RetentionPolicy(Model):
    """What happens to claims when the TrainJob is deleted."""

    when_deleted: Literal["Delete", "Retain"] | None = None


class VolumeClaimPolicy(Model):
    """Claims that are made for each TrainJob."""

    templates: tuple[ClaimTemplate, ...] = ()
    retention_policy: RetentionPolicy | None = None


class Network(Model):
    """Names of pods."""

    enable_dns_hostnames: bool | None = Field(default=None, alias="enableDNSHostnames")
    subdomain: str | None = None
    publish_not_ready_addresses: bool | None = None


class JobSetSpec(Model):
    """The steps, and how they hang together. Policies that are not implemented are kept to be refused by name."""

    replicated_jobs: tuple[ReplicatedJob, ...] = ()
    volume_claim_policies: tuple[VolumeClaimPolicy, ...] | None = None
    network: Network | None = None
    success_policy: dict[str, Any] | None = None
    failure_policy: dict[str, Any] | None = None
    startup_policy: dict[str, Any] | None = None
    suspend: bool | None = None
    coordinator: dict[str, Any] | None = None
    managed_by: str | None = None
    ttl_seconds_after_finished: int | None = Field(default=None, alias="ttlSecondsAfterFinished")


class JobSetTemplate(Model):
    """The JobSet-shaped template of a runtime."""

    metadata: TemplateMeta | None = None
    spec: JobSetSpec = Field(default_factory=JobSetSpec)


class RuntimeSpec(Model):
    """What a runtime offers to TrainJobs."""

    ml_policy: MLPolicy | None = Field(default=None, alias="mlPolicy")
    pod_group_policy: dict[str, Any] | None = None
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
        InvalidObjectError: it does not fit its schema.
    """
    try:
        return Runtime.model_validate(body)
    except ValidationError as error:
        raise InvalidObjectError(explain(error)) from error
