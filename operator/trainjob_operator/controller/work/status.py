"""Write a TrainJob's status: one JSON patch that can hit neither another TrainJob of the name nor a newer state."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from trainjob_operator.api.progress import ProgressStatus
from trainjob_operator.api.status import TrainJobStatus
from trainjob_operator.api.trainjob import TrainJob, parse_trainjob
from trainjob_operator.controller.cache.store import Store
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import EVENTS, TRAINJOBS
from trainjob_operator.controller.work.events import build_event
from trainjob_operator.controller.work.executor import Verdict
from trainjob_operator.errors import ApiError, InvalidObjectError
from trainjob_operator.reconciler.state import Event

logger = logging.getLogger(__name__)

Operation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StatusWriter:
    """Writes statuses and the Events that tell of them."""

    kube: KubeClient
    trainjobs: Store[TrainJob | InvalidObjectError]

    async def write(self, job: TrainJob, status: TrainJobStatus, events: Sequence[Event], now: datetime) -> Verdict:
        """Write a status, then the Events; or nothing, if the TrainJob is not the one that was looked at any more.

        The answer goes into the cache, so that the next look sees what was written before the watch tells.

        Raises:
            ApiError: the status could not be written.
        """
        namespace, name = job.metadata.namespace or "", job.metadata.name
        try:
            body = await self.kube.patch(TRAINJOBS, namespace, name, status_patch(job, status), subresource="status")
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return Verdict.GONE
            if error.status not in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT}:
                raise
            verdict = await self._check(job, status, error)
            if verdict is not Verdict.DONE:
                return verdict
        else:
            self.trainjobs.update(body)
        for event in events:
            await self._tell(job, status, event, now)
        return Verdict.DONE

    async def _check(self, job: TrainJob, status: TrainJobStatus, error: ApiError) -> Verdict:
        """Look whether a patch that was refused had been applied by an earlier attempt whose answer was lost."""
        try:
            body = await self.kube.get(TRAINJOBS, job.metadata.namespace, job.metadata.name)
        except ApiError as missing:
            if missing.status == HTTPStatus.NOT_FOUND:
                return Verdict.GONE
            raise
        live = parse_trainjob(body)
        if live.metadata.resource_version == job.metadata.resource_version:
            raise error  # it is the one that was looked at: the status itself is wrong
        self.trainjobs.update(body)
        is_written = live.metadata.uid == job.metadata.uid and live.status == status
        return Verdict.DONE if is_written else Verdict.LOOK_AGAIN

    async def _tell(self, job: TrainJob, status: TrainJobStatus, event: Event, now: datetime) -> None:
        """Write an Event. It is lost if that fails: the condition is what counts."""
        logger.info("%s: %s", event.reason, event.message)
        try:
            await self.kube.create(EVENTS, job.metadata.namespace, build_event(job, status, event, now))
        except ApiError as error:
            if error.status != HTTPStatus.CONFLICT:
                logger.warning("the Event %s could not be written: %s", event.reason, error)


def status_patch(job: TrainJob, status: TrainJobStatus) -> list[Operation]:
    """Give the operations that turn the status that was seen into another.

    What the trainer reports is left alone, but for the summary of it, which is false when the TrainJob has ended.
    """
    return [
        {"op": "test", "path": "/metadata/uid", "value": job.metadata.uid},
        {"op": "test", "path": "/metadata/resourceVersion", "value": job.metadata.resource_version},
        *_changes(None if job.status is None else _dump(job.status), _dump(status)),
        *_resummarize(job.status.progress if job.status is not None else None, status.progress),
    ]


def _changes(old: Operation | None, new: Operation) -> Iterator[Operation]:
    if old is None:
        yield {"op": "add", "path": "/status", "value": new}
        return
    for name in old.keys() - new.keys():
        yield {"op": "remove", "path": f"/status/{name}"}
    for name, value in new.items():
        if old.get(name) != value:
            yield {"op": "add", "path": f"/status/{name}", "value": value}


def _resummarize(old: ProgressStatus | None, new: ProgressStatus | None) -> Iterator[Operation]:
    if new is None or new == old:
        return
    if old is None:
        yield {"op": "add", "path": "/status/progress", "value": {"summary": new.summary}}
    elif new.summary is None:
        yield {"op": "remove", "path": "/status/progress/summary"}
    else:
        yield {"op": "add", "path": "/status/progress/summary", "value": new.summary}


def _dump(status: TrainJobStatus) -> Operation:
    reported = {"trainer_status", "progress"}
    dumped: Operation = status.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=reported)
    return dumped
