"""What counts as a refusal: of an object by the API server, of pods by whoever refused them to the Job controller."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus

from trainjob_operator.controller.kube.client import Body
from trainjob_operator.errors import ApiError
from trainjob_operator.reconciler.state import Refusal

_BEING_TERMINATED = "because it is being terminated"
_REPEATED_WITHIN = timedelta(minutes=7)  # the Job controller tries every minute, and may tell of it every five
_SURE_IN_POD_NAMES = 50  # characters of their Job's name; Kubernetes keeps 52 or more


def is_refusal(error: ApiError) -> bool:
    """Tell whether the object itself was turned down: by validation, quota, admission, or a webhook that is down."""
    if _BEING_TERMINATED in str(error):
        return False  # the TrainJob goes with its namespace
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return "webhook" in str(error)
    is_ours = error.status in {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
    return HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR and not is_ours


def find_refusal(job: str, events: Sequence[Body], now: datetime) -> Refusal | None:
    """Find out from a Job's Events of pods that could not be created who refuses them; None if nobody does any more."""
    newest = max(events, key=_happened_at, default=None)
    if newest is None or now - _happened_at(newest) > _REPEATED_WITHIN:
        return None
    message = _without_random_name(job, str(newest.get("message") or ""))
    return Refusal(kind="Pod", name=job, reason=str(newest["reason"]), message=message)


def _happened_at(event: Body) -> datetime:
    happened_at = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    return datetime.fromisoformat(happened_at)


def _without_random_name(job: str, message: str) -> str:
    """Take the random end off the names of pods, or the same refusal would read differently each time.

    Of a long Job's name its pods carry only the first part.
    """
    return re.sub(rf'"({re.escape(job[:_SURE_IN_POD_NAMES])}[a-z0-9-]*)-[a-z0-9]{{5}}"', r'"\1"', message)
