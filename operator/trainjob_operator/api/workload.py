"""Pods, Jobs and claims of Kubernetes: typed where they are read or written, open everywhere else."""

from typing import Any, ClassVar

from pydantic import Field

from trainjob_operator.api.model import OpenModel
from trainjob_operator.api.quantities import Quantity


class EnvVar(OpenModel):
    """An environment variable of a container; ``valueFrom`` passes through."""

    definition: ClassVar[str] = "core.v1.EnvVar"

    name: str
    value: str | None = None


class LocalObjectReference(OpenModel):
    """The name of an object in the same namespace."""

    definition: ClassVar[str] = "core.v1.LocalObjectReference"

    name: str = ""


class ResourceRequirements(OpenModel):
    """Limits and requests by resource name; ``claims`` passes through."""

    definition: ClassVar[str] = "core.v1.ResourceRequirements"

    limits: dict[str, Quantity] | None = None
    requests: dict[str, Quantity] | None = None
    claims: tuple[dict[str, Any], ...] | None = None


class VolumeMount(OpenModel):
    """Where a volume appears in a container."""

    definition: ClassVar[str] = "core.v1.VolumeMount"

    name: str
    mount_path: str


class ContainerPort(OpenModel):
    """A port of a container."""

    definition: ClassVar[str] = "core.v1.ContainerPort"

    container_port: int


class Container(OpenModel):
    """A container of a pod."""

    definition: ClassVar[str] = "core.v1.Container"

    name: str
    image: str | None = None
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    env: tuple[EnvVar, ...] | None = None
    env_from: tuple[dict[str, Any], ...] | None = None
    ports: tuple[ContainerPort, ...] | None = None
    resources: ResourceRequirements | None = None
    volume_mounts: tuple[VolumeMount, ...] | None = None


class Volume(OpenModel):
    """A volume of a pod; its source passes through."""

    definition: ClassVar[str] = "core.v1.Volume"

    name: str


class PodSpec(OpenModel):
    """The specification of a pod."""

    definition: ClassVar[str] = "core.v1.PodSpec"

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] | None = None
    volumes: tuple[Volume, ...] | None = None
    restart_policy: str | None = None
    subdomain: str | None = None
    node_selector: dict[str, str] | None = None
    tolerations: tuple[dict[str, Any], ...] | None = None
    affinity: dict[str, Any] | None = None
    termination_grace_period_seconds: int | None = None


class TemplateMeta(OpenModel):
    """Labels and annotations of a template."""

    definition: ClassVar[str] = "meta.v1.ObjectMeta"

    name: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class PodTemplate(OpenModel):
    """What a Job makes its pods from."""

    definition: ClassVar[str] = "core.v1.PodTemplateSpec"

    metadata: TemplateMeta = Field(default_factory=TemplateMeta)
    spec: PodSpec = Field(default_factory=PodSpec)


class JobSpec(OpenModel):
    """The specification of a Job."""

    definition: ClassVar[str] = "batch.v1.JobSpec"

    parallelism: int | None = None
    completions: int | None = None
    completion_mode: str | None = None
    backoff_limit: int | None = None
    suspend: bool | None = None
    pod_failure_policy: dict[str, Any] | None = None
    template: PodTemplate = Field(default_factory=PodTemplate)


class JobTemplate(OpenModel):
    """What a replicated job makes its Job from."""

    definition: ClassVar[str] = "batch.v1.JobTemplateSpec"

    metadata: TemplateMeta = Field(default_factory=TemplateMeta)
    spec: JobSpec = Field(default_factory=JobSpec)


class ClaimSpec(OpenModel):
    """The specification of a PersistentVolumeClaim."""

    definition: ClassVar[str] = "core.v1.PersistentVolumeClaimSpec"

    access_modes: tuple[str, ...] | None = None


class ClaimTemplate(OpenModel):
    """What a claim is made from."""

    definition: ClassVar[str] = "core.v1.PersistentVolumeClaim"

    metadata: TemplateMeta = Field(default_factory=TemplateMeta)
    spec: ClaimSpec = Field(default_factory=ClaimSpec)
