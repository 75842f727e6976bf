"""Whether a new TrainJob can run at all: everything that is wrong with it, at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.admission.consequences import advise_on_trainer
from trainjob_operator.admission.sources import advise_on_sources, check_sources, find_misread
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import TRAINING_RUNTIME
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import Rejected
from trainjob_operator.reconciler.rules.patches import check_patches
from trainjob_operator.reconciler.rules.trainjob import check_reference
from trainjob_operator.reconciler.rules.violation import Violation

# apimachinery's IsDomainPrefixedPath, as in the CRD.
_MANAGER = re.compile(
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[-A-Za-z0-9/._~%!$&'()*+,;=:]+", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is wrong with a TrainJob, or what TorchTune will run; ``run`` is None for other programs."""

    violations: tuple[Violation, ...]
    run: TuneRun | None = None
    warnings: tuple[str, ...] = ()


def assess(job: TrainJob, runtime: Runtime | None) -> Assessment:
    """Check a TrainJob against all rules, and try whether it resolves."""
    wrong = tuple(check_reference(job))
    if wrong:
        return Assessment(wrong)
    if runtime is None:
        return Assessment((_missing(job), *check_managers(job)))
    misread = tuple(find_misread(job, runtime))
    wrong = (*check_managers(job), *check_sources(misread))
    resolved = resolve(job, runtime)
    if isinstance(resolved, Rejected):
        return Assessment((*resolved.violations, *wrong))
    warnings = (*advise_on_sources(misread), *advise_on_trainer(job, resolved))
    return Assessment(wrong, resolved.run, warnings)


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
