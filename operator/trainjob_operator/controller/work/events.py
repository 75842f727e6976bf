"""core/v1 Events about a TrainJob. Their names are computed, so that the same Event is never written twice."""

import hashlib
from datetime import datetime

from trainjob_operator.api.status import TrainJobStatus
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import API_VERSION, FIELD_MANAGER, TRAINJOB
from trainjob_operator.reconciler.state import Event, Manifest
from trainjob_operator.wording import escape

_MESSAGE_LIMIT = 1024  # Kubernetes refuses longer ones


def build_event(job: TrainJob, status: TrainJobStatus, event: Event, now: datetime) -> Manifest:
    """Turn an Event of a plan into a manifest; ``status`` is what it tells of, for the time of the transition."""
    at = next((c.last_transition_time for c in status.conditions or () if c.reason == event.reason), None) or now
    identity = f"{job.metadata.uid}/{event.reason}/{at.isoformat()}/{event.message}"
    message = escape(event.message)
    time = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{job.metadata.name}.{hashlib.sha256(identity.encode()).hexdigest()[:16]}",
            "namespace": job.metadata.namespace,
        },
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": TRAINJOB,
            "name": job.metadata.name,
            "namespace": job.metadata.namespace,
            "uid": job.metadata.uid,
            "resourceVersion": job.metadata.resource_version,
        },
        "type": event.type,
        "reason": event.reason,
        "message": message if len(message) <= _MESSAGE_LIMIT else f"{message[: _MESSAGE_LIMIT - 4]} ...",
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
        "source": {"component": FIELD_MANAGER},
    }
