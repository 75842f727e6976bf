"""The shapes in which Kubeflow Trainer v2.0 and v2.1 had what runtime patches are now."""

from typing import Annotated

from trainjob_operator.api.constraints import NAME, Constraints, Int64
from trainjob_operator.api.model import Model
from trainjob_operator.api.patches import PodSpecPatch
from trainjob_operator.api.workload import TemplateMeta


class TargetJob(Model):
    """A step of the runtime that an override is for."""

    name: Annotated[str, NAME]


TargetJobs = Annotated[tuple[TargetJob, ...], Constraints(max_items=100)]


class PodSpecChange(PodSpecPatch):
    """A pod's patch without the rules that compare it with an old one: overrides have no key to find that by."""

    service_account_name: Annotated[str | None, Constraints(max_length=253)] = None
    termination_grace_period_seconds: Annotated[Int64 | None, Constraints(minimum=0)] = None


class PodSpecOverride(PodSpecChange):
    """What v2.0 changed of a pod."""

    target_jobs: TargetJobs


class PodTemplateOverride(Model):
    """What v2.1 changed of a pod and of its labels and annotations."""

    target_jobs: TargetJobs
    metadata: TemplateMeta | None = None
    spec: PodSpecChange | None = None
