"""The PersistentVolumeClaims of a TrainJob."""

from trainjob_operator.reconciler.manifests.metadata import build_metadata, without_instance
from trainjob_operator.reconciler.resolved import Claim, ResolvedJob
from trainjob_operator.reconciler.state import Manifest


def build_claim(job: ResolvedJob, claim: Claim) -> Manifest:
    """Make a claim of the runtime's template; one that is retained has no owner, so nothing takes it away."""
    metadata = build_metadata(job, claim.name, is_owned=not claim.is_retained)
    metadata["labels"] = without_instance(claim.template.metadata.labels) | metadata["labels"]
    if claim.template.metadata.annotations:
        metadata["annotations"] = dict(claim.template.metadata.annotations)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": claim.template.spec.model_dump(mode="json", by_alias=True, exclude_unset=True),
    }
