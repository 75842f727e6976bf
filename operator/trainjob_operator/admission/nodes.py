"""What comes of the number of a trainer's pods, and of what runs beside it in each."""

from collections.abc import Iterator

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import JobTemplate
from trainjob_operator.naming import NODE
from trainjob_operator.reconciler.merge.claims import can_be_shared
from trainjob_operator.reconciler.merge.resources import count_accelerators
from trainjob_operator.reconciler.merge.templates import find_container, mounts
from trainjob_operator.reconciler.merge.workspace import find_volume
from trainjob_operator.reconciler.resolved import Claim, ResolvedJob


def advise_on_nodes(job: TrainJob, resolved: ResolvedJob) -> Iterator[str]:
    """Yield warnings about trainers that nobody runs, that have to share a machine, and that are not let go of."""
    [trainer] = [step for step in resolved.steps if step.name == resolved.trainer]
    is_own = job.spec.trainer is not None and job.spec.trainer.num_nodes is not None
    where = "spec.trainer.numNodes" if is_own else "spec.runtimeRef: mlPolicy.numNodes"
    if trainer.pods == 0:
        yield f"{where} is 0: no pod trains, and the TrainJob is Complete as soon as its other Jobs are"
    container = find_container(trainer.template, NODE)
    devices = count_accelerators(container.resources) if container is not None else 0
    volume = find_volume(resolved.runtime)
    for claim in resolved.claims if trainer.pods > 1 else ():
        if mounts(trainer.template, claim.template.metadata.name or "") and not can_be_shared(claim):
            in_all = f", with {trainer.pods * devices} accelerators in all" if devices else ""
            modes = " and ".join(claim.template.spec.access_modes or ("ReadWriteOnce",))
            yield (
                f"{where}: {trainer.pods} pods share the claim {claim.name}, {_origin(job, claim)} {modes}, for one"
                f" machine at a time: all have to find room on one{in_all}, or wait for ever; to have several machines"
                f" {_remedy(claim, volume)}"
            )
    yield from advise_on_company(trainer.template, resolved.runtime, "spec.runtimeRef")


def _origin(job: TrainJob, claim: Claim) -> str:
    workspace = job.spec.workspace
    if claim.is_given:
        return "which is taken for" if workspace is None or not workspace.access_modes else "which you say is"
    return "which is to be" if workspace is not None and workspace.access_modes else "which the runtime makes"


def _remedy(claim: Claim, volume: str) -> str:
    if claim.template.metadata.name != volume:
        return "name a runtime whose claim is ReadWriteMany"
    if claim.is_given:
        return "name a claim that is ReadWriteMany, and say so by spec.workspace.accessModes: [ReadWriteMany]"
    return "set spec.workspace.accessModes: [ReadWriteMany], with a storage class that has it"


def advise_on_company(template: JobTemplate, runtime: Runtime, where: str) -> Iterator[str]:
    """Yield a warning of each container beside the trainer's that keeps the pod until it ends by itself.

    One that torchrun's environment is injected into takes part in the training, and ends with it.
    """
    torch = runtime.spec.ml_policy.torch if runtime.spec.ml_policy is not None else None
    targets = torch.env_injection.targets if torch is not None and torch.env_injection is not None else ()
    launched = {name for target in targets for name in target.container_names}
    for container in template.spec.template.spec.containers:
        if container.name != NODE and container.name not in launched:
            yield (
                f"{where}: container {container.name} runs beside {NODE}, and the pod keeps its accelerators until both"
                " have ended: if it does not end by itself, make it one of initContainers with restartPolicy: Always,"
                f" which Kubernetes stops once {NODE} has ended"
            )
