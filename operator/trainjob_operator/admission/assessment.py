"""Whether a new TrainJob can run at all: everything that is wrong with it, at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trainjob_operator.admission.consequences import advise_on_trainer
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.status import RecipeStatus
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import TRAINER, TRAINING_RUNTIME
from trainjob_operator.reconciler.merge.trainer import equip_trainer
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import Rejected
from trainjob_operator.reconciler.rules.names import check_names
from trainjob_operator.reconciler.rules.patches import check_patches
from trainjob_operator.reconciler.rules.runtime import check_runtime
from trainjob_operator.reconciler.rules.trainer import check_trainer
from trainjob_operator.reconciler.rules.trainjob import ancestor_of, check_reference, check_trainjob
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.torchtune.selection import NoSelection

# apimachinery's IsDomainPrefixedPath, as in the CRD.
_MANAGER = re.compile(
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[-A-Za-z0-9/._~%!$&'()*+,;=:]+", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is wrong with a TrainJob, or what TorchTune will run; ``recipe`` is None for other programs."""

    violations: tuple[Violation, ...]
    recipe: RecipeStatus | None = None
    warnings: tuple[str, ...] = ()


def assess(job: TrainJob, runtime: Runtime | None) -> Assessment:
    """Check a TrainJob against all rules, and try whether it resolves."""
    wrong = tuple(check_reference(job))
    if wrong:
        return Assessment(wrong)
    if runtime is None:
        return Assessment((_missing(job), *check_managers(job)))
    resolved = resolve(job, runtime)
    if isinstance(resolved, Rejected):
        wrong = tuple(_find_everything(job, runtime))
        return Assessment(wrong or (Violation(resolved.reason, "spec", resolved.message),))
    return Assessment(tuple(check_managers(job)), resolved.recipe, tuple(advise_on_trainer(job, resolved)))


def _find_everything(job: TrainJob, runtime: Runtime) -> Iterator[Violation]:
    """Find all that is wrong at once, by field; resolving stops at the first kind."""
    unusable = tuple(_check_usable(runtime))
    yield from unusable
    yield from check_trainjob(job, runtime)
    yield from check_names(job)
    yield from check_patch_names(job, runtime)
    if not unusable:
        yield from _check_selection(job, runtime)


def check_patch_names(job: TrainJob, runtime: Runtime | None) -> Iterator[Violation]:
    """Check the managers of patches, and the names of what they change if there is a runtime to compare with."""
    yield from check_managers(job)
    if runtime is not None:
        yield from check_patches(job, runtime)


def check_managers(job: TrainJob) -> Iterator[Violation]:
    """Check that patches say who made them."""
    for at, patch in enumerate(job.spec.runtime_patches or ()):
        if not _MANAGER.fullmatch(patch.manager):
            yield Violation(
                Reason.INVALID_SPEC,
                f"spec.runtimePatches[{at}].manager",
                'must be a domain-prefixed path (such as "acme.io/foo")',
            )


def _missing(job: TrainJob) -> Violation:
    ref = job.spec.runtime_ref
    kind = f"{ref.kind[0].lower()}{ref.kind[1:]}"
    where = f" in namespace {job.metadata.namespace}" if ref.kind == TRAINING_RUNTIME else ""
    return Violation(
        Reason.RUNTIME_NOT_FOUND,
        "spec.runtimeRef",
        f'{ref.kind} "{ref.name}" not found{where}: specified {kind} must be created before the TrainJob is created'
        f" (kubectl get {ref.kind.lower()}s lists what there is)",
    )


def _check_usable(runtime: Runtime) -> Iterator[Violation]:
    for violation in check_runtime(runtime):
        yield Violation(
            violation.reason,
            "spec.runtimeRef",
            f"{runtime.kind} {runtime.metadata.name} cannot be used: {violation.field}: {violation.message}",
        )


def _check_selection(job: TrainJob, runtime: Runtime) -> Iterator[Violation]:
    """Find out whether TorchTune has what is asked for, and can run with the overrides."""
    steps = runtime.spec.template.spec.replicated_jobs
    trainer = next((step for step in steps if ancestor_of(step) == TRAINER), None)
    if trainer is None:
        return
    try:
        equipped = equip_trainer(job, runtime, trainer.template, job.metadata.name)
    except ValueError as error:
        yield Violation(Reason.INVALID_SPEC, "spec.trainer.resourcesPerNode", f"{error}, here or in the runtime")
    else:
        if isinstance(equipped, NoSelection):
            if equipped.lacks_model:
                message = f"must have a supported pretrained model: {equipped.message}"
                yield Violation(Reason.INVALID_SPEC, "spec.runtimeRef.name", message)
            else:
                yield Violation(Reason.INVALID_SPEC, "spec.trainer", equipped.message)
            return
        template, topology = equipped
        yield from check_trainer(job, template, topology.nodes)
