"""The claims of a TrainJob: those of its runtime's templates, and the workspace as the TrainJob itself asks for it."""

from collections.abc import Iterator

from trainjob_operator.api.quantities import format_quantity
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import ClaimSpec, ClaimTemplate, TemplateMeta
from trainjob_operator.api.workspace import Workspace
from trainjob_operator.naming import claim_name
from trainjob_operator.reconciler.merge.workspace import find_claim_template, find_volume
from trainjob_operator.reconciler.resolved import Claim

_SHARED_MODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})
_ONE_NODE = ("ReadWriteOnce",)
_RETAIN = "Retain"


def claims_of(job: TrainJob, runtime: Runtime) -> Iterator[Claim]:
    """Yield the claims in the runtime's order; a workspace of which it has no template comes last.

    Raises:
        ValueError: the size is no quantity.
    """
    workspace, volume = job.spec.workspace, find_volume(runtime)
    for policy in runtime.spec.template.spec.volume_claim_policies or ():
        retention = policy.retention_policy.when_deleted if policy.retention_policy is not None else None
        for template in policy.templates:
            claim = Claim(
                name=claim_name(template.metadata.name or "", job.metadata.name),
                template=template,
                is_retained=retention == _RETAIN,
            )
            is_asked_for = workspace is not None and template.metadata.name == volume
            yield _as_asked(workspace, claim) if workspace is not None and is_asked_for else claim
    if workspace is not None and find_claim_template(runtime, volume) is None:
        template = ClaimTemplate(metadata=TemplateMeta(name=volume), spec=ClaimSpec(access_modes=_ONE_NODE))
        yield _as_asked(workspace, Claim(claim_name(volume, job.metadata.name), template, is_retained=False))


def can_be_shared(claim: Claim) -> bool:
    """Tell whether pods on several nodes can use a claim at the same time."""
    return not _SHARED_MODES.isdisjoint(claim.template.spec.access_modes or ())


def _as_asked(workspace: Workspace, claim: Claim) -> Claim:
    """Put into a claim what the TrainJob asks for, or take the one that it names.

    Of that one only the TrainJob can tell the modes; unless it does, it is for one node, as most are.
    """
    metadata = claim.template.metadata
    if workspace.claim_name:
        spec = ClaimSpec(access_modes=workspace.access_modes or _ONE_NODE)
        return Claim(workspace.claim_name, ClaimTemplate(metadata=metadata, spec=spec), is_retained=True, is_given=True)
    changes: dict[str, object] = {}
    if workspace.access_modes:
        changes["accessModes"] = workspace.access_modes
    if workspace.storage_class_name is not None:
        changes["storageClassName"] = workspace.storage_class_name
    if workspace.size is not None:
        changes["resources"] = _with_size(claim.template.spec, format_quantity(workspace.size))
    spec = ClaimSpec.model_validate(claim.template.spec.model_dump(by_alias=True, exclude_unset=True) | changes)
    policy = workspace.retention_policy
    return Claim(
        claim.name,
        claim.template.model_copy(update={"spec": spec}),
        is_retained=claim.is_retained if policy is None else policy == _RETAIN,
    )


def _with_size(spec: ClaimSpec, size: str) -> dict[str, object]:
    """Ask for a size; a limit that the runtime has beside it goes, for it may be less."""
    resources = (spec.model_extra or {}).get("resources") or {}
    return {"requests": {**(resources.get("requests") or {}), "storage": size}}
