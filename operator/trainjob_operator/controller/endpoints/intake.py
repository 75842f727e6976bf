"""What callers send: read within a time and a size, and only so much of all of them at once.

Whoever reaches the port may call; the API server shows no certificate by which it could be told from others.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

_LONGEST = 8 * 1024 * 1024
"""Bytes. etcd takes objects of 1.5 MiB, and the API server sends the old and the new one."""
_MOST_VALUES = 400_000
_BYTES_A_VALUE = 100
"""What a value of JSON takes in memory, of which the text may say three bytes."""
_READ_WITHIN = 5.0
_CAPACITY = 160 * 1024 * 1024
_SMALL = 256 * 1024
_KEPT_FOR_SMALL = 32 * 1024 * 1024


@dataclass(slots=True)
class Intake:
    """Reads bodies as JSON. ``held`` counts the bytes that all those take which have not been answered."""

    held: int = 0

    @asynccontextmanager
    async def read(self, request: web.Request) -> AsyncIterator[Any]:
        """Read a body; what it takes counts until the block ends.

        Raises:
            web.HTTPException: it is too much, comes too slowly, or is no JSON.
        """
        taken = 0
        try:
            body = bytearray()
            try:
                async with asyncio.timeout(_READ_WITHIN):
                    async for chunk in request.content.iter_any():
                        body += chunk
                        taken += len(chunk)
                        self._take(len(chunk), len(body))
            except TimeoutError as error:
                raise _refusal(HTTPStatus.REQUEST_TIMEOUT, "the body does not come") from error
            values = body.count(b",") + body.count(b"[") + body.count(b"{")
            if values > _MOST_VALUES:
                raise _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body has too many values")
            taken += values * _BYTES_A_VALUE
            self._take(values * _BYTES_A_VALUE, len(body))
            try:
                yield orjson.loads(body)
            except orjson.JSONDecodeError as error:
                raise _refusal(HTTPStatus.BAD_REQUEST, "an AdmissionReview is expected") from error
        finally:
            self.held -= taken

    def _take(self, size: int, length: int) -> None:
        """Count it in; small bodies, which most are, have room that large ones leave."""
        self.held += size
        if length > _LONGEST:
            raise _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {_LONGEST} bytes")
        if self.held > _CAPACITY - (0 if length <= _SMALL else _KEPT_FOR_SMALL):
            raise _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once: try again")


_REFUSALS: Mapping[HTTPStatus, type[web.HTTPException]] = {
    HTTPStatus.BAD_REQUEST: web.HTTPBadRequest,
    HTTPStatus.REQUEST_TIMEOUT: web.HTTPRequestTimeout,
    HTTPStatus.SERVICE_UNAVAILABLE: web.HTTPServiceUnavailable,
}


def _refusal(status: HTTPStatus, text: str) -> web.HTTPException:
    """Make an answer after which the connection ends: what is left of the body is not waited for."""
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return web.HTTPRequestEntityTooLarge(_LONGEST, _LONGEST, text=f"{text}\n", headers={"Connection": "close"})
    return _REFUSALS[status](text=f"{text}\n", headers={"Connection": "close"})
