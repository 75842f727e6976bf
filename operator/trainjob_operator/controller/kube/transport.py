"""Requests to the API server over HTTP: retries, deadlines and errors.

Two sessions, because watches hold their connections for minutes and must not starve requests of theirs.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self

import aiohttp
import orjson
from aiohttp import hdrs

from trainjob_operator.controller.kube.connection import Connection
from trainjob_operator.controller.kube.session import JSON, open_session
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import ApiError

ATTEMPTS = 4
_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_LONGEST_PAUSE = 10.0
_CONNECT_TIMEOUT = 5.0
_A_FEW_TURNS = 0.005
_PLENTY = 64 * 1024  # bytes; a read brings four times as many at most


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What to ask. ``verb`` and ``resource`` are Kubernetes' words for it, for metrics and messages."""

    verb: str
    resource: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A successful answer, and the warnings that came with it."""

    body: bytes
    warnings: tuple[str, ...] = ()


class Transport:
    """Carries requests; every failure is an ApiError, also that the server cannot be reached (503)."""

    def __init__(
        self, connection: Connection, metrics: Metrics, *, timeout: float = 30.0, max_connections: int = 64
    ) -> None:
        self._server = connection.server
        self._metrics = metrics
        self._limits = aiohttp.ClientTimeout(total=timeout, sock_connect=_CONNECT_TIMEOUT)
        self._requests = open_session(connection, max_connections)
        self._streams = open_session(connection, 0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._requests.close()
        await self._streams.close()

    async def send(self, request: HttpRequest, *, attempts: int = ATTEMPTS) -> HttpAnswer:
        """Ask, and ask again when the server is busy or cannot be reached, after the pause that it names.

        A request whose answer was lost may be sent twice: new objects have fixed names, patches test what they change.

        Raises:
            ApiError: the answer is an error, or the last attempt failed.
        """
        for attempt in range(1, attempts):
            try:
                return await self._send_once(request)
            except ApiError as error:
                if error.status not in _TRANSIENT:
                    raise
                await asyncio.sleep(_pause(attempt, error.retry_after))
        return await self._send_once(request)

    async def stream(self, request: HttpRequest, *, silence: float, pause: float = 0.0) -> AsyncGenerator[bytes]:
        """Yield the lines of an endless answer.

        After what came together nothing is read for ``pause`` seconds, unless it was so much that more must be waiting:
        a line that comes alone costs four times what it costs among others.

        Raises:
            ApiError: the answer is an error, the connection broke, or nothing came for ``silence`` seconds.
        """
        limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT, sock_read=silence)
        code = 0
        try:
            async with self._streams.get(
                self._server + request.path,
                params=request.query,
                timeout=limits,
            ) as response:
                code = response.status
                if code != HTTPStatus.OK:
                    raise error_from(code, await response.read(), response.headers)
                try:
                    rest = b""
                    async for chunk in response.content.iter_any():
                        *lines, rest = (rest + chunk).split(b"\n")
                        for line in lines:
                            if line:
                                yield line
                        if pause and len(chunk) < _PLENTY:
                            await _rest(response, pause)
                finally:
                    _discard(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(request, error) from error
        finally:
            self._metrics.api_requests.labels(request.verb, request.resource, str(code)).inc()

    async def _send_once(self, request: HttpRequest) -> HttpAnswer:
        headers = {} if request.body is None else {hdrs.CONTENT_TYPE: request.content_type}
        code = 0
        try:
            async with self._requests.request(
                request.method,
                self._server + request.path,
                params=request.query,
                data=request.body,
                headers=headers,
                timeout=self._limits,
            ) as response:
                body = await response.read()
                code = response.status
                if code >= HTTPStatus.BAD_REQUEST:
                    raise error_from(code, body, response.headers)
                return HttpAnswer(body, tuple(map(warning_text, response.headers.getall(hdrs.WARNING, ()))))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(request, error) from error
        finally:
            self._metrics.api_requests.labels(request.verb, request.resource, str(code)).inc()


async def _rest(response: aiohttp.ClientResponse, seconds: float) -> None:
    """Leave what comes meanwhile to the kernel."""
    transport = _transport_of(response)
    if transport is None:
        return
    if (limit := getattr(transport, "set_read_buffer_limits", None)) is not None:
        limit(1, 0)  # one that decrypts would go on filling a buffer of its own
    transport.pause_reading()
    await asyncio.sleep(seconds)
    transport.resume_reading()
    await asyncio.sleep(_A_FEW_TURNS)  # of the event loop, which that takes


def _discard(response: aiohttp.ClientResponse) -> None:
    """Close at once what has not ended: the farewell of TLS, for which nobody waits, may outlive the event loop."""
    transport = _transport_of(response)
    if transport is not None:
        transport.abort()


def _transport_of(response: aiohttp.ClientResponse) -> asyncio.Transport | None:
    """Give what an answer comes by, or None if it has ended."""
    transport = response.connection.transport if response.connection is not None else None
    return transport if isinstance(transport, asyncio.Transport) else None


def error_from(code: int, body: bytes, headers: Mapping[str, str]) -> ApiError:
    """Turn an error answer into an exception. The body is a metav1.Status, or text from something in between."""
    try:
        status = orjson.loads(body)
    except orjson.JSONDecodeError:
        status = None
    if not isinstance(status, dict):
        text = body.decode(errors="replace").strip()
        return ApiError(code, "", text or f"HTTP status {code}", _seconds(headers.get(hdrs.RETRY_AFTER)))
    details = status.get("details") or {}
    return ApiError(
        code,
        str(status.get("reason") or ""),
        str(status.get("message") or f"HTTP status {code}"),
        _seconds(headers.get(hdrs.RETRY_AFTER)) or _seconds(details.get("retryAfterSeconds")),
    )


def warning_text(header: str) -> str:
    """Take the text out of a Warning header: ``299 - "text"``."""
    return header.split(" ", 2)[-1][1:-1].replace('\\"', '"')


def _unreachable(request: HttpRequest, error: Exception) -> ApiError:
    what = str(error) or type(error).__name__
    return ApiError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "ServiceUnavailable",
        f"no answer from the API server to {request.verb} {request.resource}: {what}",
    )


def _pause(attempt: int, retry_after: float | None) -> float:
    grown = 0.1 * 4.0**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing
    return min(max(grown, retry_after or 0.0), _LONGEST_PAUSE)


def _seconds(value: object) -> float | None:
    try:
        return float(str(value)) or None
    except ValueError:
        return None
