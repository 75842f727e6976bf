"""What the metadata of all children have in common."""

from collections.abc import Mapping
from typing import Any

from trainjob_operator.naming import API_VERSION, TRAINJOB, TRAINJOB_NAME_LABEL, TRAINJOB_UID_LABEL
from trainjob_operator.reconciler.resolved import ResolvedJob

INSTANCE_LABEL = "app.kubernetes.io/instance"
"""By this label GitOps tools know what they made: on a child they would take it for theirs, and prune it."""


def build_metadata(job: ResolvedJob, name: str, *, is_owned: bool = True) -> dict[str, Any]:
    """Name a child, and say whose it is. One that is not owned outlives the TrainJob."""
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": job.namespace,
        "labels": {TRAINJOB_NAME_LABEL: job.name, TRAINJOB_UID_LABEL: job.uid},
    }
    if is_owned:
        metadata["ownerReferences"] = [
            {
                "apiVersion": API_VERSION,
                "kind": TRAINJOB,
                "name": job.name,
                "uid": job.uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
    return metadata


def without_instance(labels: Mapping[str, str] | None) -> dict[str, str]:
    """Leave out the label by which GitOps tools know what they made."""
    return {key: value for key, value in (labels or {}).items() if key != INSTANCE_LABEL}
