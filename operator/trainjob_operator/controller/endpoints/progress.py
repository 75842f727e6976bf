"""The status endpoint: trainers report their progress here; it becomes ``status.trainerStatus`` and ``.progress``.

Path, token, answers and errors are those of Kubeflow Trainer's, so that its SDK's callback works unchanged. Who reports
has to be a pod of this very TrainJob: the token tells which pod it was given to. Runs on every replica; a report is one
server-side apply of its own field manager and disturbs nobody else's part of the status. A header of the answer says
when the next one is welcome.
"""

import asyncio
import logging
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from trainjob_contract.progress import NEXT_REPORT
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.cache.store import Key
from trainjob_operator.controller.endpoints.cadence import Cadence, Turns
from trainjob_operator.controller.endpoints.reports import Application, Invalid, apply_report, read_report
from trainjob_operator.controller.endpoints.tokens import Bearer, TokenReviewer, TooMany
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import TRAINJOBS
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import ApiError
from trainjob_operator.naming import status_audience, status_path
from trainjob_operator.reconciler.life.lifecycle import is_finished, is_suspended

logger = logging.getLogger(__name__)

_MAX_BODY = 64 * 1024
_TIMEOUT = 10.0
_NOT_IN_SCHEMA = "field not declared in schema"
_LOOK_AGAIN = 600.0  # seconds, after which the CRD may be ours
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")  # nothing that could lead to another path


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a report is not taken, in the words of a metav1.Status, and after how many seconds it may be."""

    code: HTTPStatus
    reason: str
    message: str
    retry_after: int = 0


_FORBIDDEN = Refused(HTTPStatus.FORBIDDEN, "Forbidden", "Forbidden")
_NOT_ITS_POD = Refused(
    HTTPStatus.FORBIDDEN, "Forbidden", "Only a pod of the TrainJob may report, with the token that was mounted into it"
)
_NOT_FOUND = Refused(HTTPStatus.NOT_FOUND, "NotFound", "Not found")
_NO_TRAINJOB = Refused(HTTPStatus.NOT_FOUND, "NotFound", "Train job not found")
_TOO_LARGE = Refused(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", f"A report has {_MAX_BODY} bytes at most"
)
_TOO_LONG = Refused(HTTPStatus.GATEWAY_TIMEOUT, "Timeout", f"It took more than {_TIMEOUT:.0f} seconds")
_DEFECT = Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", "The operator failed; its log tells why")


class ProgressEndpoint:
    """Takes reports of trainers."""

    def __init__(self, kube: KubeClient, caches: Caches, metrics: Metrics) -> None:
        self._kube = kube
        self._caches = caches
        self._metrics = metrics
        self._tokens = TokenReviewer(kube)
        self._cadence = Cadence(self._count_training)
        self._turns = Turns()
        self._unknown_until = 0.0

    def app(self) -> web.Application:
        """Make the application to be served; every other path or method is not found."""
        app = web.Application(middlewares=[self._answer], client_max_size=_MAX_BODY)
        app.router.add_post(status_path("{namespace}", "{name}"), self._report)
        return app

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Have every answer in the form of a metav1.Status if it is not the report itself."""
        try:
            async with asyncio.timeout(_TIMEOUT):
                response = await handler(request)
        except web.HTTPRequestEntityTooLarge:
            response = _refuse(_TOO_LARGE)
        except web.HTTPException:
            response = _refuse(_NOT_FOUND)
        except TimeoutError:
            response = _refuse(_TOO_LONG)
        except ApiError as error:
            logger.warning("a report of a trainer could not be taken: %s", error)
            response = _refuse(Refused(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", str(error)))
        except Exception:
            logger.exception("unexpected error")
            response = _refuse(_DEFECT)
        self._metrics.progress_reports.labels(str(response.status)).inc()
        return response

    async def _report(self, request: web.Request) -> web.Response:
        trainjob = Key(request.match_info["namespace"], request.match_info["name"])
        bearer = await self._check(request, trainjob)
        if isinstance(bearer, Refused):
            return _refuse(bearer)
        report = read_report(await request.read())
        if isinstance(report, Invalid):
            return _refuse(Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", report.message))
        known = self._caches.trainjobs.get(*trainjob)
        application = apply_report(report, known if isinstance(known, TrainJob) else None)
        if application is not None:
            refused = self._hold_back(bearer) or await self._write(trainjob, application)
            if refused is not None:
                return _refuse(refused)
        response = _json(HTTPStatus.OK, report.dump())
        response.headers[NEXT_REPORT] = str(self._cadence.seconds(time.monotonic()))
        return response

    async def _check(self, request: web.Request, trainjob: Key) -> Bearer | Refused:
        """Let in only a pod of this very TrainJob, with a token that was made for reports on it."""
        credentials = request.headers.getall(hdrs.AUTHORIZATION, [])
        if len(credentials) != 1 or not all(map(_NAME.fullmatch, trainjob)):
            return _FORBIDDEN
        shown = _BEARER.fullmatch(credentials[0].strip())
        if shown is None:
            return _FORBIDDEN
        bearer = await self._tokens.identify(shown[1], status_audience(*trainjob), request.remote or "")
        if isinstance(bearer, TooMany):
            return _wait(math.ceil(bearer.seconds), "Too many tokens that nobody knows came from this address")
        if bearer is None or bearer.namespace != trainjob.namespace:
            return _FORBIDDEN
        return bearer if self._is_pod_of(bearer, trainjob) else _NOT_ITS_POD

    def _hold_back(self, bearer: Bearer) -> Refused | None:
        """Have a pod wait that reports again and again: each report is a write to the API server."""
        wait = self._turns.take(bearer.pod_uid, time.monotonic())
        return _wait(math.ceil(wait), "A pod may report once a second") if wait else None

    def _is_pod_of(self, bearer: Bearer, trainjob: Key) -> bool:
        """Tell whether a token is of a pod of this TrainJob, and not of an earlier one that had its name."""
        pod = self._caches.pods.get(trainjob.namespace, bearer.pod)
        if pod is None or pod.uid != bearer.pod_uid:
            return False
        is_labelled = self._caches.pods.owner(trainjob.namespace, pod.name) == trainjob
        return is_labelled and self._caches.trainjobs.uid(*trainjob) in {None, pod.trainjob_uid}

    def _count_training(self) -> int:
        """Count the TrainJobs whose trainers run, and may report."""
        jobs = (self._caches.trainjobs.get(*key) for key in self._caches.trainjobs.owners())
        return sum(isinstance(job, TrainJob) and _is_training(job) for job in jobs)

    async def _write(self, trainjob: Key, application: Application) -> Refused | None:
        try:
            await self._apply(trainjob, application)
        except ApiError as error:
            match error.status:
                case HTTPStatus.NOT_FOUND:
                    return _NO_TRAINJOB
                case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY:
                    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", str(error))
            raise
        return None

    async def _apply(self, trainjob: Key, application: Application) -> None:
        """Apply it; only what Kubeflow Trainer knows, if the CRD is Kubeflow Trainer's."""
        if time.monotonic() >= self._unknown_until:
            try:
                return await self._send(trainjob, application)
            except ApiError as error:
                if _NOT_IN_SCHEMA not in str(error):
                    raise
                logger.warning("the CRD has no status.progress; only status.trainerStatus is written")
                self._unknown_until = time.monotonic() + _LOOK_AGAIN
        known = application.without_progress()
        return await self._send(trainjob, known) if known.status else None

    async def _send(self, trainjob: Key, application: Application) -> None:
        manifest = application.manifest(*trainjob)
        await self._kube.apply_status(TRAINJOBS, *trainjob, manifest, application.manager)


def _is_training(job: TrainJob) -> bool:
    has_started = job.status is not None and job.status.trainer_start_time is not None
    return has_started and not is_finished(job) and not is_suspended(job)


def _wait(seconds: int, why: str) -> Refused:
    message = f"{why}: try again in {seconds} s"
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", message, seconds)


def _refuse(refused: Refused) -> web.Response:
    status: Mapping[str, Any] = {
        "apiVersion": "v1",
        "kind": "Status",
        "metadata": {},
        "status": "Failure",
        "reason": refused.reason,
        "message": refused.message,
        "code": refused.code.value,
    }
    response = _json(refused.code, status)
    if refused.retry_after:
        response.headers[hdrs.RETRY_AFTER] = str(refused.retry_after)
    return response


def _json(code: HTTPStatus, body: Mapping[str, Any]) -> web.Response:
    return web.Response(status=code, body=orjson.dumps(body), content_type="application/json")
