"""What Kubeflow Trainer v2.0 and v2.1 wrote in other fields, read as the runtime patches of v2.2 and later.

The fields stay where they are in the TrainJob: a GitOps tool that has them in its repository sees no difference.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from trainjob_operator.api.overrides import PodSpecOverride, PodTemplateOverride, TargetJob
from trainjob_operator.api.patches import RuntimePatch
from trainjob_operator.api.trainjob import TrainJobSpec

_MANAGER = "legacy"


def patches_of(spec: TrainJobSpec) -> tuple[RuntimePatch, ...]:
    """Give the patches that the older fields of a TrainJob stand for, to be applied before its own ``runtimePatches``.

    ``labels`` and ``annotations`` go to the runtime's template, as Trainer v2.0 gave them to the JobSet. Each override
    is a patch of all its target jobs; where two have the same target, the later one wins because it comes later.
    """
    return tuple(_patches(spec))


def _patches(spec: TrainJobSpec) -> Iterator[RuntimePatch]:
    metadata = {"labels": spec.labels, "annotations": spec.annotations}
    if any(metadata.values()):
        yield _patch("metadata", {"metadata": {key: value for key, value in metadata.items() if value}})
    for at, override in enumerate(spec.pod_spec_overrides or ()):
        yield _patch_pods(f"podSpecOverrides.{at}", override.target_jobs, {"spec": _written(override)})
    for at, change in enumerate(spec.pod_template_overrides or ()):
        yield _patch_pods(f"podTemplateOverrides.{at}", change.target_jobs, _written(change))


def _written(override: PodSpecOverride | PodTemplateOverride) -> dict[str, Any]:
    return override.model_dump(exclude_unset=True, exclude={"target_jobs"})


def _patch_pods(name: str, targets: Sequence[TargetJob], pods: dict[str, Any]) -> RuntimePatch:
    names = dict.fromkeys(target.name for target in targets)
    jobs = [{"name": job, "template": {"spec": {"template": pods}}} for job in names]
    return _patch(name, {"spec": {"replicatedJobs": jobs}})


def _patch(name: str, template: dict[str, Any]) -> RuntimePatch:
    return RuntimePatch.model_validate({"manager": f"{_MANAGER}/{name}", "trainingRuntimeSpec": {"template": template}})
