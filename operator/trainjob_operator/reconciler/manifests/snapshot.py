"""The ConfigMap that keeps the runtime as the TrainJob first saw it."""

import json

from trainjob_operator.naming import CA_KEY, snapshot_name
from trainjob_operator.reconciler.manifests.metadata import build_metadata
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Manifest


def build_snapshot(job: ResolvedJob) -> Manifest:
    """Keep the whole runtime, as JSON: later edits of the runtime do not touch a TrainJob that has begun.

    Nobody can edit it, only delete it. The CA that trainers are to trust is kept in it as well, so that there is one
    ConfigMap a TrainJob.
    """
    runtime = job.runtime.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": build_metadata(job, snapshot_name(job.name)),
        "data": {"runtime": json.dumps(runtime, separators=(",", ":"), ensure_ascii=False)}
        | ({CA_KEY: job.endpoint.ca} if job.endpoint is not None else {}),
        "immutable": True,
    }
