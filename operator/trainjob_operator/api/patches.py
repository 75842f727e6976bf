"""Runtime patches: what a manager such as Kueue changes of a runtime for one TrainJob.

A patch is a strategic merge patch; dumped with ``exclude_unset`` it is what the manager wrote.
"""

import re
from datetime import datetime
from typing import Annotated, Any

from trainjob_operator.api.constraints import IMMUTABLE, NAME, Constraints, Int64, Rule
from trainjob_operator.api.model import Model
from trainjob_operator.api.workload import (
    EnvVar,
    LocalObjectReference,
    ResourceRequirements,
    TemplateMeta,
    Volume,
    VolumeMount,
)

_MANAGER = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[-A-Za-z0-9/._~%!$&'()*+,;=:]+"
_QUOTED = _MANAGER.replace("'", r"\'")
MANAGER_RULE = Rule(
    f"self.matches('^{_QUOTED}$')",
    'must be a domain-prefixed path (such as "acme.io/foo")',
    holds=lambda manager: re.fullmatch(_MANAGER, manager) is not None,
)


class ContainerPatch(Model):
    """What changes of a container. Kubeflow Trainer's has no ``resources``."""

    name: Annotated[str, NAME]
    env: Annotated[tuple[EnvVar, ...] | None, Constraints(keys=("name",), max_items=128)] = None
    volume_mounts: Annotated[tuple[VolumeMount, ...] | None, Constraints(keys=("name",), max_items=128)] = None
    security_context: Annotated[dict[str, Any] | None, Constraints(definition="core.v1.SecurityContext")] = None
    resources: ResourceRequirements | None = None


class PodSpecPatch(Model):
    """What changes of a pod."""

    service_account_name: Annotated[str | None, Constraints(max_length=253, rules=(IMMUTABLE,))] = None
    volumes: Annotated[tuple[Volume, ...] | None, Constraints(keys=("name",), max_items=128)] = None
    init_containers: Annotated[tuple[ContainerPatch, ...] | None, Constraints(keys=("name",), max_items=64)] = None
    containers: Annotated[tuple[ContainerPatch, ...] | None, Constraints(keys=("name",), max_items=64)] = None
    image_pull_secrets: Annotated[
        tuple[LocalObjectReference, ...] | None, Constraints(keys=("name",), max_items=64)
    ] = None
    security_context: Annotated[dict[str, Any] | None, Constraints(definition="core.v1.PodSecurityContext")] = None
    node_selector: dict[str, str] | None = None
    affinity: Annotated[dict[str, Any] | None, Constraints(definition="core.v1.Affinity")] = None
    tolerations: Annotated[
        tuple[Annotated[dict[str, Any], Constraints(definition="core.v1.Toleration")], ...] | None,
        Constraints(max_items=128),
    ] = None
    scheduling_gates: Annotated[
        tuple[Annotated[dict[str, Any], Constraints(definition="core.v1.PodSchedulingGate")], ...] | None,
        Constraints(keys=("name",), max_items=16),
    ] = None
    termination_grace_period_seconds: Annotated[Int64 | None, Constraints(minimum=0, rules=(IMMUTABLE,))] = None


class PodTemplatePatch(Model):
    """What changes of the pods of a Job."""

    metadata: TemplateMeta | None = None
    spec: PodSpecPatch | None = None


class JobSpecPatch(Model):
    """What changes of a Job's specification."""

    template: PodTemplatePatch | None = None


class JobTemplatePatch(Model):
    """What changes of a Job."""

    metadata: TemplateMeta | None = None
    spec: JobSpecPatch | None = None


class ReplicatedJobPatch(Model):
    """What changes of a step."""

    name: Annotated[str, NAME]
    template: JobTemplatePatch | None = None


class JobSetSpecPatch(Model):
    """What changes of the steps."""

    replicated_jobs: Annotated[tuple[ReplicatedJobPatch, ...] | None, Constraints(keys=("name",), max_items=100)] = None


class JobSetTemplatePatch(Model):
    """What changes of the runtime's template."""

    metadata: TemplateMeta | None = None
    spec: JobSetSpecPatch | None = None


class TrainingRuntimeSpecPatch(Model):
    """What changes of the runtime."""

    template: JobSetTemplatePatch | None = None


class RuntimePatch(Model):
    """The patch of one manager."""

    manager: Annotated[
        str,
        Constraints(
            min_length=1,
            max_length=253,
            rules=(MANAGER_RULE,),
        ),
    ]
    time: datetime | None = None
    training_runtime_spec: TrainingRuntimeSpecPatch | None = None
