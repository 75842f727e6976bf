"""The headless Service by which the pods of a TrainJob find each other."""

from trainjob_operator.naming import TRAINJOB_NAME_LABEL
from trainjob_operator.reconciler.manifests.metadata import build_metadata
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Manifest


def build_service(job: ResolvedJob) -> Manifest:
    """Give each pod a DNS name, before it is ready too: ranks meet before any of them is."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": build_metadata(job, job.subdomain),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": job.publishes_unready,
            "selector": {TRAINJOB_NAME_LABEL: job.name},
        },
    }
