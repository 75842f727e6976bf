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
import re
from collections.abc import Collection, Mapping
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
from trainjob_operator.controller.endpoints.intake import Intake
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import CLUSTER_TRAINING_RUNTIMES, TRAINING_RUNTIMES
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import ApiError, InvalidObjectError
from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME, GROUP, TRAINING_RUNTIME, TRAINJOB, VERSION
from trainjob_operator.wording import shorten

logger = logging.getLogger(__name__)

_LONGEST_UID = 256
_LOOK_WITHIN = 2.5  # the API server waits for 5 seconds
_PATH = f"{GROUP.replace('.', '-')}-{VERSION}"
_FORBIDDEN = (HTTPStatus.FORBIDDEN, "Forbidden")
_INVALID = (HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid")
_OPERATIONS = frozenset({"CREATE", "UPDATE"})
_NAMESPACE = re.compile(r"([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?", re.ASCII)
_KINDS = {kind.lower(): kind for kind in (TRAINJOB, TRAINING_RUNTIME, CLUSTER_TRAINING_RUNTIME)}


class Webhook:
    """Answers AdmissionReviews.

    Args:
        namespaces: those that are served; all if none is named.
    """

    def __init__(
        self, kube: KubeClient, caches: Caches, metrics: Metrics, namespaces: Collection[str] = frozenset()
    ) -> None:
        self._kube = kube
        self._caches = caches
        self._metrics = metrics
        self._namespaces = namespaces
        self._intake = Intake()

    def app(self) -> web.Application:
        """Make the application to be served."""
        app = web.Application()
        app.router.add_post(f"/mutate-{_PATH}-{TRAINJOB.lower()}", self._mutate)
        for kind in _KINDS:
            app.router.add_post(f"/validate-{_PATH}-{kind}", self._validate)
        return app

    async def _mutate(self, request: web.Request) -> web.Response:
        return await self._answer(request, "mutate")

    async def _validate(self, request: web.Request) -> web.Response:
        return await self._answer(request, "validate")

    async def _answer(self, http_request: web.Request, webhook: str) -> web.Response:
        async with self._intake.read(http_request) as sent:
            kind = _KINDS[http_request.path.rpartition("-")[2]]
            asked = _request_in(sent, kind)
            if asked is None:
                logger.warning("somebody else than an API server calls the webhook %s", http_request.path)
                return web.Response(status=HTTPStatus.BAD_REQUEST, text="an AdmissionReview is expected\n")
            return await self._judge(asked, kind, webhook)

    async def _judge(self, asked: Mapping[str, Any], kind: str, webhook: str) -> web.Response:
        started = perf_counter()
        uid, operation, new, old = asked["uid"], asked["operation"], asked["object"], asked.get("oldObject")
        try:
            namespace = asked.get("namespace") or ""
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
        if self._namespaces and namespace and namespace not in self._namespaces:
            return review.pass_unserved(request, namespace)
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


def _request_in(sent: Any, kind: str) -> Mapping[str, Any] | None:  # noqa: ANN401 - any JSON
    """Give the request of an AdmissionReview about objects of a kind, or None: all that is read of it is as it must be.

    What becomes a metric's label, a path or a log's record is one of a few words, or short.
    """
    asked = sent.get("request") if isinstance(sent, dict) else None
    if not isinstance(asked, dict) or "object" not in asked:
        return None
    named = asked.get("kind")
    namespace = asked.get("namespace") or ""
    fits = (
        isinstance(named, dict)
        and named.get("kind") == kind
        and named.get("group", GROUP) == GROUP
        and isinstance(operation := asked.get("operation"), str)
        and operation in _OPERATIONS
        and isinstance(uid := asked.get("uid"), str)
        and len(uid) <= _LONGEST_UID
        and isinstance(namespace, str)
        and _NAMESPACE.fullmatch(namespace) is not None
    )
    return asked if fits else None


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
    return f"{kind} {'/'.join(shorten(name) for name in names if name) or 'without a name'}"
