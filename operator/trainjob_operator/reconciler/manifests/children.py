"""All children of a TrainJob, in the order in which they depend on each other."""

from trainjob_operator.reconciler.manifests.claim import build_claim
from trainjob_operator.reconciler.manifests.job import build_job
from trainjob_operator.reconciler.manifests.service import build_service
from trainjob_operator.reconciler.manifests.snapshot import build_snapshot
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Manifest


def build_children(job: ResolvedJob, *, is_suspended: bool = False) -> tuple[Manifest, ...]:
    """Make everything that there is once the last step has begun; the operator makes a step when it is due."""
    return (
        build_snapshot(job),
        build_service(job),
        *(build_claim(job, claim) for claim in job.claims if not claim.is_given),
        *(build_job(job, step, is_suspended=is_suspended) for step in job.steps),
    )
