"""The JobSet-shaped template of a runtime, field by field as JobSet v0.12 has it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from trainjob_operator.api.constraints import Constraints, Int32, Rule
from trainjob_operator.api.model import Model
from trainjob_operator.api.workload import ClaimTemplate, JobTemplate, TemplateMeta


class DependsOn(Model):
    """A replicated job that must be Ready or Complete first."""

    name: str
    status: Literal["Ready", "Complete"]


class ReplicatedJob(Model):
    """A step of the runtime."""

    name: str
    replicas: Annotated[Int32 | None, Constraints(default=1)] = None
    group_name: Annotated[str | None, Constraints(default="default")] = None
    depends_on: Annotated[tuple[DependsOn, ...] | None, Constraints(keys=("name",), max_items=5)] = None
    template: JobTemplate


class RetentionPolicy(Model):
    """What happens to claims when the TrainJob is deleted."""

    when_deleted: Annotated[Literal["Delete", "Retain"] | None, Constraints(default="Delete")] = None


class VolumeClaimPolicy(Model):
    """Claims that are made for each TrainJob."""

    constraints: ClassVar[Constraints] = Constraints(
        rules=(
            Rule(
                "!has(self.templates) || self.templates.all(t, !has(t.metadata) || !has(t.metadata.namespace)"
                " || size(t.metadata.namespace) == 0)",
                "namespace cannot be set for VolumeClaimPolicies templates",
            ),
        )
    )

    templates: Annotated[tuple[ClaimTemplate, ...], Constraints(max_items=50)] = ()
    retention_policy: RetentionPolicy | None = None


class Network(Model):
    """Names of pods."""

    enable_dns_hostnames: bool | None = Field(default=None, alias="enableDNSHostnames")
    subdomain: str | None = None
    publish_not_ready_addresses: bool | None = None


class SuccessPolicy(Model):
    """Which replicated jobs have to succeed."""

    operator: Literal["All", "Any"]
    target_replicated_jobs: tuple[str, ...] | None = None


class FailurePolicyRule(Model):
    """What to do about one sort of failure."""

    name: str
    action: Literal[
        "FailJobSet",
        "RestartJobSet",
        "RestartJobSetAndIgnoreMaxRestarts",
        "RestartJob",
        "RestartJobAndIgnoreMaxRestarts",
    ]
    on_job_failure_reasons: tuple[str, ...] | None = None
    on_job_failure_message_patterns: tuple[str, ...] | None = None
    target_replicated_jobs: tuple[str, ...] | None = None


class FailurePolicy(Model):
    """What happens when a Job fails."""

    max_restarts: Int32 | None = None
    restart_strategy: Annotated[
        Literal["Recreate", "BlockingRecreate", "InPlaceRestart"] | None, Constraints(default="Recreate")
    ] = None
    rules: tuple[FailurePolicyRule, ...] | None = None


class StartupPolicy(Model):
    """In which order replicated jobs start."""

    startup_policy_order: Literal["AnyOrder", "InOrder"]


class Coordinator(Model):
    """The pod whose address all pods are told."""

    replicated_job: str
    job_index: int | None = None
    pod_index: int | None = None


class JobSetSpec(Model):
    """The steps, and how they hang together.

    JobSet makes several of these fields immutable. Here every TrainJob keeps a snapshot of its runtime, so a runtime
    may be edited at any time.
    """

    constraints: ClassVar[Constraints] = Constraints(
        rules=(
            Rule(
                "!(has(self.startupPolicy) && self.startupPolicy.startupPolicyOrder == 'InOrder'"
                " && has(self.replicatedJobs) && self.replicatedJobs.exists(x, has(x.dependsOn)))",
                "StartupPolicy and DependsOn APIs are mutually exclusive",
            ),
        )
    )

    replicated_jobs: Annotated[tuple[ReplicatedJob, ...], Constraints(keys=("name",), max_items=100)] = ()
    volume_claim_policies: Annotated[tuple[VolumeClaimPolicy, ...] | None, Constraints(max_items=50)] = None
    network: Network | None = None
    success_policy: SuccessPolicy | None = None
    failure_policy: FailurePolicy | None = None
    startup_policy: StartupPolicy | None = None
    suspend: bool | None = None
    coordinator: Coordinator | None = None
    managed_by: str | None = None
    ttl_seconds_after_finished: Annotated[Int32 | None, Constraints(minimum=0)] = Field(
        default=None, alias="ttlSecondsAfterFinished"
    )


class JobSetTemplate(Model):
    """The JobSet-shaped template of a runtime."""

    constraints: ClassVar[Constraints] = Constraints(min_properties=1)

    metadata: TemplateMeta | None = None
    spec: JobSetSpec = Field(default_factory=JobSetSpec)
