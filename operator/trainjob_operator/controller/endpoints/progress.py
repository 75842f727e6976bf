"""The status endpoint: trainers report their progress here, and it becomes ``status.trainerStatus``.

Path, token, answers and errors are those of Kubeflow Trainer's, so that its SDK's callback works unchanged. Who reports
has to be a pod of this very TrainJob: the token tells which pod it was given to. Runs on every replica; a report is one
server-side apply of its own field manager and disturbs nobody else's part of the status.
"""

import asyncio
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from trainjob_operator.api.model import Model
from trainjob_operator.api.status import TrainerStatus
from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.cache.store import Key
from trainjob_operator.controller.endpoints.tokens import Bearer, TokenReviewer, TooMany
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import TRAINJOBS
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import ApiError
from trainjob_operator.naming import API_VERSION, STATUS_FIELD_MANAGER, TRAINJOB, status_audience, status_path

logger = logging.getLogger(__name__)

_MAX_BODY = 64 * 1024
_TIMEOUT = 10.0
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")  # nothing that could lead to another path


class ProgressReport(Model):
    """What a trainer sends. Fields that are not known are ignored."""

    trainer_status: TrainerStatus | None = None


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
_INVALID = Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", "Invalid payload")
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
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        refused = await self._check(request, namespace, name)
        if refused is not None:
            return _refuse(refused)
        report = _parse(await request.read())
        if report is None:
            return _refuse(_INVALID)
        sent = report.model_dump(mode="json", by_alias=True, exclude_none=True)
        if report.trainer_status is not None:
            refused = await self._write(namespace, name, sent)
            if refused is not None:
                return _refuse(refused)
        return _json(HTTPStatus.OK, sent)

    async def _check(self, request: web.Request, namespace: str, name: str) -> Refused | None:
        """Let in only a pod of this very TrainJob, with a token that was made for reports on it."""
        credentials = request.headers.getall(hdrs.AUTHORIZATION, [])
        if len(credentials) != 1 or not (_NAME.fullmatch(namespace) and _NAME.fullmatch(name)):
            return _FORBIDDEN
        shown = _BEARER.fullmatch(credentials[0].strip())
        if shown is None:
            return _FORBIDDEN
        bearer = await self._tokens.identify(shown[1], status_audience(namespace, name), request.remote or "")
        if isinstance(bearer, TooMany):
            return _wait(math.ceil(bearer.seconds))
        if bearer is None or bearer.namespace != namespace:
            return _FORBIDDEN
        return None if self._is_pod_of(bearer, Key(namespace, name)) else _NOT_ITS_POD

    def _is_pod_of(self, bearer: Bearer, trainjob: Key) -> bool:
        """Tell whether a token is of a pod of this TrainJob, and not of an earlier one that had its name."""
        pod = self._caches.pods.get(trainjob.namespace, bearer.pod)
        if pod is None or pod.uid != bearer.pod_uid:
            return False
        is_labelled = self._caches.pods.owner(trainjob.namespace, pod.name) == trainjob
        return is_labelled and self._caches.trainjobs.uid(*trainjob) in {None, pod.trainjob_uid}

    async def _write(self, namespace: str, name: str, status: Mapping[str, Any]) -> Refused | None:
        manifest = {
            "apiVersion": API_VERSION,
            "kind": TRAINJOB,
            "metadata": {"name": name, "namespace": namespace},
            "status": status,
        }
        try:
            await self._kube.apply_status(TRAINJOBS, namespace, name, manifest, STATUS_FIELD_MANAGER)
        except ApiError as error:
            match error.status:
                case HTTPStatus.NOT_FOUND:
                    return _NO_TRAINJOB
                case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY:
                    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", str(error))
            raise
        return None


def _parse(body: bytes) -> ProgressReport | None:
    try:
        report = ProgressReport.model_validate_json(body, strict=True)
    except ValidationError:
        return None
    updated = report.trainer_status.last_updated_time if report.trainer_status is not None else None
    return None if updated is not None and updated.tzinfo is None else report


def _wait(seconds: int) -> Refused:
    message = f"Too many tokens that nobody knows came from this address: try again in {seconds} s"
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
