"""The TrainJob, field by field as Kubeflow Trainer v2.3 has it, with the deadlines of its KEP-2899."""

import re
from typing import Annotated, ClassVar

from trainjob_operator.api.constraints import IMMUTABLE, OBJECT_NAME, Constraints, Int32, Int64, Rule
from trainjob_operator.api.meta import ObjectMeta
from trainjob_operator.api.mlpolicy import PROCESSES_RULE, Processes
from trainjob_operator.api.model import Model, parse
from trainjob_operator.api.overrides import PodSpecOverride, PodTemplateOverride
from trainjob_operator.api.patches import RuntimePatch
from trainjob_operator.api.status import TrainJobStatus
from trainjob_operator.api.workload import EnvVar, LocalObjectReference, ResourceRequirements
from trainjob_operator.api.workspace import Workspace
from trainjob_operator.naming import (
    CLUSTER_TRAINING_RUNTIME,
    GROUP,
    MULTIKUEUE_CONTROLLER,
    TRAINJOB,
    TRAINJOB_CONTROLLER,
)

_URI = r"[A-Za-z][A-Za-z0-9+.-]*://.+"
STORAGE_URI_RULE = Rule(
    f"self == '' || self.matches('^{_URI}$')",
    "storageUri may be empty, or it must be a valid URI (scheme://...)",
    holds=lambda uri: uri == "" or re.fullmatch(_URI, uri) is not None,
)
_MANAGERS = (TRAINJOB_CONTROLLER, MULTIKUEUE_CONTROLLER)
MANAGED_BY_RULE = Rule(
    f"self in {[*_MANAGERS]}",
    f"ManagedBy must be {TRAINJOB_CONTROLLER} or {MULTIKUEUE_CONTROLLER} if set",
    holds=lambda manager: manager in _MANAGERS,
)
_ENV = Constraints(keys=("name",), max_items=128)
_ARGUMENTS = Constraints(max_items=128)
_MAX_ARGUMENT = Constraints(max_length=1048576)


class RuntimeRef(Model):
    """Which runtime the TrainJob runs on."""

    constraints: ClassVar[Constraints] = Constraints(
        rules=(
            Rule(
                f"self.apiGroup == '{GROUP}' && self.kind in ['ClusterTrainingRuntime', 'TrainingRuntime']",
                expression="'unsupported runtime: ' + self.kind + '.' + self.apiGroup",
            ),
        )
    )

    name: Annotated[str, OBJECT_NAME]
    api_group: Annotated[str, Constraints(max_length=253)] = GROUP
    kind: Annotated[str, Constraints(max_length=253)] = CLUSTER_TRAINING_RUNTIME


class InitializerSource(Model):
    """Where a model or a data set comes from. An empty ``storageUri`` is a value, not an absence."""

    storage_uri: Annotated[str | None, Constraints(max_length=2048, rules=(STORAGE_URI_RULE, IMMUTABLE))] = None
    env: Annotated[tuple[EnvVar, ...] | None, _ENV] = None
    secret_ref: Annotated[LocalObjectReference | None, Constraints(rules=(IMMUTABLE,))] = None


class Initializer(Model):
    """What is downloaded before training."""

    dataset: InitializerSource | None = None
    model: InitializerSource | None = None


class Trainer(Model):
    """What the TrainJob changes of the runtime's trainer. ``args: []`` clears, an absent ``args`` keeps."""

    image: Annotated[str | None, Constraints(max_length=500, rules=(IMMUTABLE,))] = None
    command: Annotated[tuple[Annotated[str, _MAX_ARGUMENT], ...] | None, _ARGUMENTS] = None
    args: Annotated[
        tuple[Annotated[str, _MAX_ARGUMENT], ...] | None, Constraints(max_items=128, rules=(IMMUTABLE,))
    ] = None
    env: Annotated[tuple[EnvVar, ...] | None, _ENV] = None
    num_nodes: Annotated[Int32 | None, Constraints(minimum=0, rules=(IMMUTABLE,))] = None
    resources_per_node: ResourceRequirements | None = None
    num_proc_per_node: Annotated[
        Processes | None, Constraints(definition="util.intstr.IntOrString", rules=(PROCESSES_RULE, IMMUTABLE))
    ] = None


class TrainJobSpec(Model):
    """What is wanted."""

    runtime_ref: Annotated[RuntimeRef, Constraints(rules=(IMMUTABLE,))]
    initializer: Initializer | None = None
    trainer: Trainer | None = None
    workspace: Workspace | None = None
    runtime_patches: Annotated[tuple[RuntimePatch, ...] | None, Constraints(keys=("manager",), max_items=16)] = None
    pod_spec_overrides: Annotated[tuple[PodSpecOverride, ...] | None, Constraints(max_items=64)] = None
    pod_template_overrides: Annotated[tuple[PodTemplateOverride, ...] | None, Constraints(max_items=64)] = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    suspend: Annotated[bool | None, Constraints(default=False)] = None
    active_deadline_seconds: Annotated[Int64 | None, Constraints(minimum=1, rules=(IMMUTABLE,))] = None
    pre_running_deadline_seconds: Annotated[Int64 | None, Constraints(minimum=1, rules=(IMMUTABLE,))] = None
    ttl_seconds_after_finished: Annotated[Int32 | None, Constraints(minimum=0)] = None
    managed_by: Annotated[
        str | None,
        Constraints(
            default=TRAINJOB_CONTROLLER,
            max_length=253,
            rules=(MANAGED_BY_RULE, IMMUTABLE),
        ),
    ] = None


class TrainJob(Model):
    """A training run of a model on a runtime."""

    constraints: ClassVar[Constraints] = Constraints(
        rules=(
            Rule(
                "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
                "metadata.name must match RFC 1035 DNS label format",
            ),
            Rule("size(self.metadata.name) <= 63", "metadata.name must be no more than 63 characters"),
        )
    )

    metadata: ObjectMeta
    spec: TrainJobSpec
    status: TrainJobStatus | None = None


def parse_trainjob(body: object) -> TrainJob:
    """Parse a TrainJob.

    Raises:
        InvalidObjectError: it does not fit; the message names the object and the fields.
    """
    return parse(TrainJob, TRAINJOB, body)
