"""Pods, Jobs and claims of Kubernetes: typed where they are read or written, open everywhere else."""

from typing import Any

from pydantic import Field

from trainjob_operator.api.model import OpenModel

Quantity = int | float | str


class EnvVar(OpenModel):
    """An environment variable of a container; ``valueFrom`` passes through."""

    name: str
    value: str | None = None


class LocalObjectReference(OpenModel):
    """The name of an object in the same namespace."""

    name: str = ""


class ResourceRequirements(OpenModel):
    """Limits and requests by resource name; ``claims`` passes through."""

    limits: dict[str, Quantity] | None = None
    requests: dict[str, Quantity] | None = None
    claims: tuple[dict[str, Any], ...] | None = None


class VolumeMount(OpenModel):
    """Where a volume appears in a container."""

    name: str
    mount_path: str


class ContainerPort(OpenModel):
    """A port of a container."""

    container_port: int


class Container(OpenModel):
    """A container of a pod."""

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

    name: str


class PodSpec(OpenModel):
    """The specification of a pod."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] | None = None
    volumes: tuple[Volume, ...] | None = None
    restart_policy: str | None = None
    subdomain: str | None = None
    node_selector: dict[str, str] | None = None
    tolerations: tuple[dict[str, Any], ...] | None = None
    affinity: dict[str, Any] | None = None


class TemplateMeta(OpenModel):
    """Labels and annotations of a template."""

    name: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class PodTemplate(OpenModel):
    """What a Job makes its pods from."""

    metadata: TemplateMeta = Field(default_factory=TemplateMeta)
    spec: PodSpec = Field(default_factory=PodSpec)


class JobSpec(OpenModel):
    """The specification of a Job."""

    parallelism: int | None = None
    completions: int | None = None
    completion_mode: str | None = None
    backoff_limit: int | None = None
    suspend: bool | None = None
    pod_failure_policy: dict[str, Any] | None = None
    template: PodTemplate = Field(default_factory=PodTemplate)


class JobTemplate(OpenModel):
    """What a replicated job makes its Job from."""

    metadata: TemplateMeta = Field(default_factory=TemplateMeta)
    spec: JobSpec = Field(default_factory=JobSpec)


class ClaimSpec(OpenModel):
    """The specification of a PersistentVolumeClaim."""

    access_modes: tuple[str, ...] | None = None


class ClaimTemplate(OpenModel):
    """What a claim is made from."""

    metadata: TemplateMeta = Field(default_factory=TemplateMeta)
    spec: ClaimSpec = Field(default_factory=ClaimSpec)
