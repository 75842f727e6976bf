"""What the patches of a TrainJob may name: jobs and containers that the runtime has, and no environment of ours."""

from collections.abc import Iterator

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.patches import PodSpecPatch, ReplicatedJobPatch, RuntimePatch
from trainjob_operator.api.runtime import ReplicatedJob, Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import DATASET_INITIALIZER, MODEL_INITIALIZER, NODE
from trainjob_operator.reconciler.merge.patching import patches_in_force
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.wording import list_few, shorten

_OWN_CONTAINERS = (DATASET_INITIALIZER, MODEL_INITIALIZER, NODE)
_WHERE = "spec.runtimePatches"
_MOST_TARGETS = 256
"""Each is a whole patch, however little of the TrainJob it takes to name it."""


def check_patches(job: TrainJob, runtime: Runtime) -> Iterator[Violation]:
    """Find the names in a TrainJob's patches that its runtime does not have, and variables that are set elsewhere.

    The older forms of patches are written in other fields; they are named by the patch that they stand for.
    """
    targets = sum(len(override.target_jobs) for override in job.spec.pod_spec_overrides or ())
    targets += sum(len(override.target_jobs) for override in job.spec.pod_template_overrides or ())
    if targets > _MOST_TARGETS:
        yield Violation(
            Reason.INVALID_SPEC,
            "spec.podTemplateOverrides",
            f"names {targets} target jobs in all, with those of spec.podSpecOverrides, and {_MOST_TARGETS} can be:"
            " write spec.runtimePatches instead, where each job stands once",
        )
        return
    steps = {step.name: step for step in runtime.spec.template.spec.replicated_jobs}
    for patch in patches_in_force(job):
        for replicated_job in _replicated_jobs(patch):
            step = steps.get(replicated_job.name)
            where = f"{_WHERE}[{shorten(patch.manager)}]"
            if step is None:
                yield _violation(
                    where,
                    "must not have replicated job that doesn't exist in the runtime job template:"
                    f" {shorten(replicated_job.name)} (it has {list_few(steps)})",
                )
                continue
            yield from _check_pods(replicated_job, step, f"{where}[{step.name}]")


def _replicated_jobs(patch: RuntimePatch) -> tuple[ReplicatedJobPatch, ...]:
    spec = patch.training_runtime_spec
    if spec is None or spec.template is None or spec.template.spec is None:
        return ()
    return spec.template.spec.replicated_jobs or ()


def _check_pods(patch: ReplicatedJobPatch, step: ReplicatedJob, where: str) -> Iterator[Violation]:
    pods = _pods(patch)
    if pods is None:
        return
    pod = step.template.spec.template.spec
    for kind, changes, known in (
        ("container", pods.containers, pod.containers),
        ("initContainer", pods.init_containers, pod.init_containers),
    ):
        names = {container.name for container in known or ()}
        for change in changes or ():
            if change.name not in names:
                yield _violation(
                    where, f"must not have {kind} that doesn't exist in the runtime job {step.name}: {change.name}"
                )
            elif change.env and change.name in _OWN_CONTAINERS:
                yield _violation(
                    where,
                    "must not have envs for the dataset-initializer, model-initializer, node containers: set"
                    " spec.initializer or spec.trainer.env",
                )
            elif change.resources is not None and change.name == NODE:
                yield _violation(
                    where, "must not have resources for the node container: set spec.trainer.resourcesPerNode"
                )


def _pods(patch: ReplicatedJobPatch) -> PodSpecPatch | None:
    if patch.template is None or patch.template.spec is None or patch.template.spec.template is None:
        return None
    return patch.template.spec.template.spec


def _violation(where: str, message: str) -> Violation:
    return Violation(Reason.INVALID_SPEC, where, message)
