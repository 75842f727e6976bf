"""TrainJob + runtime -> what is to run, or why it cannot."""

from collections.abc import Callable, Iterator

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.runtime import ReplicatedJob, Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import JobTemplate
from trainjob_operator.naming import NODE, TRAINER, rank_zero_host
from trainjob_operator.reconciler.life.lifecycle import has_had_jobs
from trainjob_operator.reconciler.merge.claims import can_be_shared, claims_of
from trainjob_operator.reconciler.merge.initializer import equip_initializer
from trainjob_operator.reconciler.merge.model import name_model
from trainjob_operator.reconciler.merge.output import find_output
from trainjob_operator.reconciler.merge.patching import patch_runtime, patches_in_force
from trainjob_operator.reconciler.merge.placement import follow_trainer, stay_together
from trainjob_operator.reconciler.merge.reporting import report_to
from trainjob_operator.reconciler.merge.templates import (
    add_volume,
    change_container,
    change_init_container,
    mounts,
    upsert_env,
)
from trainjob_operator.reconciler.merge.topology import Topology
from trainjob_operator.reconciler.merge.trainer import EquippedTrainer, describe_recipe, equip_trainer
from trainjob_operator.reconciler.merge.workspace import mount_workspace
from trainjob_operator.reconciler.resolved import Claim, Group, Rejected, ResolvedJob, Step
from trainjob_operator.reconciler.rules.names import check_names
from trainjob_operator.reconciler.rules.patches import check_patches
from trainjob_operator.reconciler.rules.runtime import check_runtime, is_mergeable
from trainjob_operator.reconciler.rules.trainer import check_trainer
from trainjob_operator.reconciler.rules.trainjob import (
    ancestor_of,
    check_reference,
    check_trainjob,
    completions_of,
)
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.reconciler.rules.workspace import check_workspace
from trainjob_operator.reconciler.state import Endpoint
from trainjob_operator.torchtune.methods import method_of

_DEFAULT_GROUP = "default"

Resolve = Callable[[TrainJob, Runtime | None, Endpoint | None], ResolvedJob | Rejected]


def resolve(job: TrainJob, runtime: Runtime | None, endpoint: Endpoint | None = None) -> ResolvedJob | Rejected:
    """Merge a TrainJob into its runtime.

    Args:
        job: the TrainJob.
        runtime: the runtime as the TrainJob first saw it, or as it is now; None if there is none.
        endpoint: where its trainers are to report, or None if nowhere.
    """
    if wrong := tuple(check_reference(job)):
        return Rejected(wrong)
    if runtime is None:
        return Rejected((_missing(job),))
    unusable, own = ((), ()) if _has_begun(job, runtime) else (tuple(_check_usable(runtime)), _check_own(job, runtime))
    misplaced = tuple(check_patches(job, runtime))
    wrong = (*unusable, *own, *misplaced)
    if unusable:
        return Rejected(wrong)
    try:
        patched = runtime if misplaced else patch_runtime(runtime, patches_in_force(job))
        patched = mount_workspace(job, patched)
        equipped = _equip(job, patched)
        if not isinstance(equipped, EquippedTrainer):
            return Rejected((*wrong, *equipped))
        return Rejected(wrong) if wrong else _merge(job, runtime, patched, equipped, endpoint)
    except ValueError as error:
        message = f"{error}, here or in the runtime"
        return Rejected((*wrong, Violation(Reason.INVALID_SPEC, "spec.trainer.resourcesPerNode", message)))


def _has_begun(job: TrainJob, runtime: Runtime) -> bool:
    """Tell whether a TrainJob was checked when it began, by the rules of then.

    It does not change but for its patches, so the rules of a later version do not stop it. Only what nobody can make
    anything of is refused still.
    """
    return has_had_jobs(job) and is_mergeable(runtime)


def _missing(job: TrainJob) -> Violation:
    ref = job.spec.runtime_ref
    return Violation(
        Reason.RUNTIME_NOT_FOUND,
        "",
        f"{ref.kind} {ref.name} does not exist: create it and this TrainJob goes on, or delete this TrainJob and"
        f" name another runtime (kubectl get {ref.kind.lower()}s)",
    )


def _check_usable(runtime: Runtime) -> Iterator[Violation]:
    for violation in check_runtime(runtime):
        yield Violation(
            violation.reason,
            "spec.runtimeRef",
            f"{runtime.kind} {runtime.metadata.name} cannot be used: {violation}",
        )


def _check_own(job: TrainJob, runtime: Runtime) -> tuple[Violation, ...]:
    return (*check_trainjob(job, runtime), *check_names(job), *check_workspace(job, runtime))


def _equip(job: TrainJob, runtime: Runtime) -> EquippedTrainer | tuple[Violation, ...]:
    """Put the TrainJob into the trainer's step, or find out why TorchTune cannot run what comes of it.

    Raises:
        ValueError: a quantity is none.
    """
    trainer = _trainer_of(runtime)
    host = rank_zero_host(job.metadata.name, trainer.name, _subdomain(job, runtime))
    equipped = equip_trainer(job, runtime, trainer.template, host)
    if isinstance(equipped, EquippedTrainer):
        return (() if has_had_jobs(job) else tuple(check_trainer(job, equipped))) or equipped
    if not equipped.lacks_model:
        return (Violation(Reason.INVALID_SPEC, "spec.trainer", equipped.message),)
    message = f"must have a supported pretrained model: {equipped.message}"
    return (Violation(Reason.INVALID_SPEC, "spec.runtimeRef.name", message),)


def _trainer_of(runtime: Runtime) -> ReplicatedJob:
    [trainer] = [step for step in runtime.spec.template.spec.replicated_jobs if ancestor_of(step) == TRAINER]
    return trainer


def _subdomain(job: TrainJob, runtime: Runtime) -> str:
    network = runtime.spec.template.spec.network
    return (network.subdomain if network is not None else None) or job.metadata.name


def _merge(
    job: TrainJob, original: Runtime, runtime: Runtime, equipped: EquippedTrainer, endpoint: Endpoint | None
) -> ResolvedJob:
    jobset, trainer = runtime.spec.template.spec, _trainer_of(runtime)
    network, template, topology = jobset.network, equipped.template, equipped.topology
    method = method_of(equipped.run) if equipped.run is not None else None
    if endpoint is not None:
        template = report_to(template, job, endpoint)
    templates = {
        step.name: template
        if step is trainer
        else follow_trainer(equip_initializer(job, ancestor_of(step) or "", step.template), template)
        for step in jobset.replicated_jobs
    }
    _inject(runtime, templates, topology)
    pods = {step.name: topology.nodes if step is trainer else _pods(step) for step in jobset.replicated_jobs}
    claims = tuple(claims_of(job, runtime))
    for claim in claims:
        _share(job, claim, templates, pods)
    metadata = runtime.spec.template.metadata
    return ResolvedJob(
        name=job.metadata.name,
        namespace=job.metadata.namespace or "",
        uid=job.metadata.uid,
        runtime=original,
        subdomain=_subdomain(job, runtime),
        publishes_unready=network is None or network.publish_not_ready_addresses is not False,
        labels=dict((metadata.labels if metadata is not None else None) or {}),
        annotations=dict((metadata.annotations if metadata is not None else None) or {}),
        steps=_steps(jobset.replicated_jobs, templates, pods),
        claims=claims,
        trainer=trainer.name,
        endpoint=endpoint,
        run=equipped.run,
        method=method,
        recipe=describe_recipe(equipped, method, name_model(job, runtime, equipped.run, equipped.own)),
        output=find_output(equipped.run, templates[trainer.name]),
    )


def _pods(step: ReplicatedJob) -> int:
    spec = step.template.spec
    return spec.parallelism if spec.parallelism is not None else 1


def _inject(runtime: Runtime, templates: dict[str, JobTemplate], topology: Topology) -> None:
    """Give torchrun's whole environment to the containers, init containers too, that are named beside the trainer's."""
    torch = runtime.spec.ml_policy.torch if runtime.spec.ml_policy is not None else None
    targets = torch.env_injection.targets if torch is not None and torch.env_injection is not None else ()
    environment = topology.environment(with_master=True)
    for target in targets:
        for name in target.container_names:
            for change in (change_container, change_init_container):
                templates[target.job_name] = change(
                    templates[target.job_name], name, lambda container: upsert_env(container, *environment)
                )


def _share(job: TrainJob, claim: Claim, templates: dict[str, JobTemplate], pods: dict[str, int]) -> None:
    """Give the claim to each step that mounts it; pods that use it at the same time share a node if they have to."""
    volume = claim.template.metadata.name or ""
    users = [name for name, template in templates.items() if mounts(template, volume)]
    for name in users:
        template = add_volume(templates[name], volume, {"persistentVolumeClaim": {"claimName": claim.name}})
        is_alone = pods[name] <= 1 and (len(users) == 1 or _is_trainer(template))
        if not is_alone and not can_be_shared(claim):
            template = stay_together(template, job.metadata.uid)
        templates[name] = template


def _is_trainer(template: JobTemplate) -> bool:
    """Tell whether this is the trainer, which runs after those that share its volume have ended."""
    return any(container.name == NODE for container in template.spec.template.spec.containers)


def _steps(
    replicated_jobs: tuple[ReplicatedJob, ...], templates: dict[str, JobTemplate], pods: dict[str, int]
) -> tuple[Step, ...]:
    groups: dict[str, list[str]] = {}
    for step in replicated_jobs:
        groups.setdefault(step.group_name or _DEFAULT_GROUP, []).append(step.name)
    return tuple(
        Step(
            name=step.name,
            index=index,
            group=Group(name=group, index=groups[group].index(step.name), size=len(groups[group])),
            pods=pods[step.name],
            completions=completions_of(step, pods[step.name]),
            depends_on=step.depends_on or (),
            template=templates[step.name],
        )
        for index, step in enumerate(replicated_jobs)
        for group in (step.group_name or _DEFAULT_GROUP,)
    )
