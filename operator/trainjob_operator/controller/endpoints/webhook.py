"""The webhooks: the API server asks here about TrainJobs and runtimes before it stores them.

This is the envelope; the decisions are those of ``admission.review``. What fails here although nobody planned for it is
denied, with a message that says whose fault it is and status 500, so that clients try again: to let it through would
store a change of what must not change, which nobody could undo. Objects that do not
change, deletes and the status never come here (matchConditions of the configurations), so no defect keeps anything
from being removed.
"""

import asyncio
import base64
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from time import perf_counter
from typing import Any

import orjson
from aiohttp import web

from trainjob_operator.admission import review
from trainjob_operator.admission.review import Answer
from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef
from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import CLUSTER_TRAINING_RUNTIMES, TRAINING_RUNTIMES
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import ApiError, InvalidObjectError
from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME, GROUP, TRAINING_RUNTIME, TRAINJOB, VERSION

logger = logging.getLogger(__name__)

_MAX_BODY = 16 * 1024 * 1024  # the API server takes objects of 3 MiB, and sends the old and the new one
_LOOK_WITHIN = 2.5  # the API server waits for 5 seconds
_PATH = f"{GROUP.replace('.', '-')}-{VERSION}"
_FORBIDDEN = (HTTPStatus.FORBIDDEN, "Forbidden")
_INVALID = (HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid")
_KINDS = {kind.lower(): kind for kind in (TRAINJOB, TRAINING_RUNTIME, CLUSTER_TRAINING_RUNTIME)}


class Webhook:
    """Answers AdmissionReviews."""

    def __init__(self, kube: KubeClient, caches: Caches, metrics: Metrics) -> None:
        self._kube = kube
        self._caches = caches
        self._metrics = metrics

    def app(self) -> web.Application:
        """Make the application to be served."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_post(f"/mutate-{_PATH}-{TRAINJOB.lower()}", self._mutate)
        for kind in _KINDS:
            app.router.add_post(f"/validate-{_PATH}-{kind}", self._validate)
        return app

    async def _mutate(self, request: web.Request) -> web.Response:
        return await self._answer(request, "mutate")

    async def _validate(self, request: web.Request) -> web.Response:
        return await self._answer(request, "validate")

    async def _answer(self, http_request: web.Request, webhook: str) -> web.Response:
        started = perf_counter()
        body = await http_request.read()
        try:
            asked = orjson.loads(body)["request"]
            uid, kind, operation = str(asked["uid"]), str(asked["kind"]["kind"]), str(asked["operation"])
            new, old = asked["object"], asked.get("oldObject")
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
            logger.warning("somebody else than an API server calls the webhook %s", http_request.path)
            return web.Response(status=HTTPStatus.BAD_REQUEST, text="an AdmissionReview is expected\n")
        try:
            namespace = str(asked.get("namespace") or "")
            question = review.Request(kind, "UPDATE" if old is not None else "CREATE", old, new, datetime.now(UTC))
            response = _respond(await self._review(question, namespace, webhook))
            result = "allowed" if response["allowed"] else "denied"
        except Exception:
            logger.exception("unexpected error: %s %s of %s", webhook, operation, _describe(asked, kind))
            response = _unexpected(asked, kind)
            result = "error"
        self._metrics.admission_requests.labels(webhook, kind, operation, result).inc()
        self._metrics.admission_seconds.labels(webhook).observe(perf_counter() - started)
        if result == "denied":
            logger.info("denied %s of %s: %s", operation, _describe(asked, kind), response["status"]["message"])
        envelope = {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": {"uid": uid, **response},
        }
        return web.Response(body=orjson.dumps(envelope), content_type="application/json")

    async def _review(self, request: review.Request, namespace: str, webhook: str) -> Answer:
        wanted = review.runtime_wanted(request)
        runtime = None
        if wanted is not None:
            try:
                runtime = await self._find_runtime(namespace, wanted)
            except (ApiError, InvalidObjectError, TimeoutError) as error:
                if webhook == "validate":
                    said = str(error) or f"the API server does not answer within {_LOOK_WITHIN} s"
                    return review.deny_unreadable(wanted, said)
        return review.mutate(request, runtime) if webhook == "mutate" else review.validate(request, runtime)

    async def _find_runtime(self, namespace: str, ref: RuntimeRef) -> Runtime | None:
        """Look into the caches; what is not there yet may be new, so ask the API server once.

        Raises:
            ApiError: it cannot be asked.
            InvalidObjectError: the runtime does not fit its schema.
            TimeoutError: it does not answer in time.
        """
        runtime = self._caches.runtime(namespace, ref)
        if isinstance(runtime, InvalidObjectError):
            raise runtime
        if runtime is not None:
            return runtime
        resource = TRAINING_RUNTIMES if ref.kind == TRAINING_RUNTIME else CLUSTER_TRAINING_RUNTIMES
        try:
            async with asyncio.timeout(_LOOK_WITHIN):
                return parse_runtime(await self._kube.get(resource, namespace, ref.name, attempts=1))
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise


def _respond(answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"allowed": answer.allowed}
    if answer.warnings:
        response["warnings"] = list(answer.warnings)
    if not answer.allowed:
        code, reason = _INVALID if answer.is_invalid else _FORBIDDEN
        response["status"] = _failure(code, reason, answer.message)
    elif answer.patch:
        response["patch"] = base64.b64encode(orjson.dumps(answer.patch)).decode()
        response["patchType"] = "JSONPatch"
    return response


def _unexpected(asked: Mapping[str, Any], kind: str) -> dict[str, Any]:
    message = (
        f"the operator failed to check {_describe(asked, kind)}. This is a defect of trainjob-operator and not of the"
        " object; its log has the details"
    )
    return {"allowed": False, "status": _failure(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", message)}


def _failure(code: HTTPStatus, reason: str, message: str) -> dict[str, Any]:
    return {"status": "Failure", "code": code.value, "reason": reason, "message": message}


def _describe(asked: Mapping[str, Any], kind: str) -> str:
    names = (asked.get("namespace"), asked.get("name"))
    return f"{kind} {'/'.join(str(name) for name in names if name) or 'without a name'}"
