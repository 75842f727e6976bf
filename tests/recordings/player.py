"""Gives recorded answers, each once and in their order, to whoever asks what was asked then."""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web

from tests.recordings.exchange import Exchange


class Player:
    """Serves on the loopback interface: `async with Player(load("everywhere")) as player`.

    Where a watch was cut, and where nothing more happened, it waits until it is told to `go_on`.
    """

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self.url = ""
        self.go_on = asyncio.Event()
        self.writes: list[str] = []
        """What was asked for that would have changed something; it was refused."""
        self._left = list(exchanges)

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on.set()
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.method != "GET":
            self.writes.append(f"{request.method} {request.path}")
            return web.Response(status=HTTPStatus.METHOD_NOT_ALLOWED)
        exchange = next((each for each in self._left if each.fits(request.path, request.query)), None)
        if exchange is None:
            await asyncio.Event().wait()  # nobody asked for this then
            raise AssertionError
        self._left.remove(exchange)
        if not exchange.is_watch:
            return web.Response(body=orjson.dumps(exchange.answer), content_type="application/json")
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        for event in exchange.answer:
            await answer.write(orjson.dumps(event) + b"\n")
        if not exchange.is_over:
            await self.go_on.wait()
            if request.transport is not None:
                request.transport.abort()
        return answer
