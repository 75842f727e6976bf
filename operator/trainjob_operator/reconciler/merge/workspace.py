"""Which volume of a runtime is the workspace, and how a TrainJob that asks for one gets it where there is none."""

from trainjob_contract.workspace import find_workspace
from trainjob_operator.api.runtime import ReplicatedJob, Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import ClaimTemplate, Container, Volume
from trainjob_operator.naming import NODE, TRAINER, WORKSPACE_VOLUME
from trainjob_operator.reconciler.merge.templates import add_mount, change_container, change_pod, find_container
from trainjob_operator.reconciler.rules.trainjob import ancestor_of


def find_volume(runtime: Runtime) -> str:
    """Name the volume that the trainer has at ``/workspace``, or the one that it would get there."""
    container = next((found for step in _steps(runtime) if (found := _trainer(step)) is not None), None)
    mounts = (container.volume_mounts if container is not None else None) or ()
    root = _root(container) if container is not None else ""
    return next((mount.name for mount in mounts if mount.mount_path.rstrip("/") == root), WORKSPACE_VOLUME)


def find_claim_template(runtime: Runtime, volume: str) -> ClaimTemplate | None:
    """Find what the runtime makes a volume's claims from."""
    policies = runtime.spec.template.spec.volume_claim_policies or ()
    templates = (template for policy in policies for template in policy.templates)
    return next((template for template in templates if template.metadata.name == volume), None)


def mount_workspace(job: TrainJob, runtime: Runtime) -> Runtime:
    """Mount the workspace in trainer and initializers, if the TrainJob asks for one.

    It takes the place of what the runtime has there, in all steps that have the same.
    """
    if job.spec.workspace is None:
        return runtime
    volume = find_volume(runtime)
    own = [known for step in _steps(runtime) if _trainer(step) for known in _volumes(step) if known.name == volume]
    jobset = runtime.spec.template.spec
    steps = tuple(_mount(step, volume, own) for step in jobset.replicated_jobs)
    jobset = jobset.model_copy(update={"replicated_jobs": steps})
    template = runtime.spec.template.model_copy(update={"spec": jobset})
    return runtime.model_copy(update={"spec": runtime.spec.model_copy(update={"template": template})})


def _mount(step: ReplicatedJob, volume: str, replaced: list[Volume]) -> ReplicatedJob:
    template, ancestor = step.template, ancestor_of(step)
    if any(known in replaced for known in _volumes(step)):
        kept = tuple(known for known in _volumes(step) if known not in replaced)
        template = change_pod(template, lambda pod: pod.model_copy(update={"volumes": kept}))
    if ancestor is not None:
        container = NODE if ancestor == TRAINER else ancestor
        template = change_container(template, container, lambda one: add_mount(one, volume, _root(one)))
    return step.model_copy(update={"template": template})


def _steps(runtime: Runtime) -> tuple[ReplicatedJob, ...]:
    return runtime.spec.template.spec.replicated_jobs


def _trainer(step: ReplicatedJob) -> Container | None:
    return find_container(step.template, NODE) if ancestor_of(step) == TRAINER else None


def _volumes(step: ReplicatedJob) -> tuple[Volume, ...]:
    return step.template.spec.template.spec.volumes or ()


def _root(container: Container) -> str:
    return str(find_workspace({entry.name: entry.value or "" for entry in container.env or ()}))
