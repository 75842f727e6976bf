"""A proxy between one operator and the API server that counts what would change something, and strikes at one of it.

It counts from when it is told to: what comes before is another test's matter.
"""

import asyncio
import ssl
import threading
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from aiohttp import ClientSession, ClientTimeout, web
from tests.devcluster import Cluster
from tests.devcluster.operator_process import OperatorProcess
from tests.devcluster.spec import API_PORT
from yarl import URL

_PASSED_ON = ("Accept", "Authorization", "Content-Type", "User-Agent")
_PASSED_BACK = ("Content-Type", "Retry-After", "Warning")


@dataclass(frozen=True, slots=True)
class Strike:
    """Kill the operator at the `number`-th call of a sort that counts, from 1: before the API server sees it, or after.

    It is not told by its place among all calls: some are sent at the same time, and reach the server in any order.
    """

    sort: str
    number: int
    moment: Literal["before", "after"]

    def __str__(self) -> str:
        return f"{self.moment} {self.sort} {self.number}"


def sort_of(call: str) -> str:
    """Tell what a call does: its method, and the last part of its path, as of `PATCH status` or `POST jobs`."""
    method, path = call.split()
    return f"{method} {path.rpartition('/')[2]}"


class ApiProxy:
    """Serves on the loopback interface, in a thread of its own: `with ApiProxy(cluster, strike) as proxy`."""

    def __init__(self, cluster: Cluster, strike: Strike | None) -> None:
        self.calls: list[str] = []
        """What was asked for, by method and path; the Lease does not count."""
        self.url = ""
        self.struck = threading.Event()
        self._server = f"https://{cluster.spec.api_address}:{API_PORT}"
        self._tls = ssl.create_default_context(cafile=str(cluster.spec.pki / "ca.crt"))
        self._strike = strike
        self._is_counting = False
        self._counts: Counter[str] = Counter()
        self._operator: OperatorProcess | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def aim_at(self, operator: OperatorProcess) -> None:
        self._operator = operator

    def begin_to_count(self) -> None:
        self._is_counting = True

    def stand_down(self) -> None:
        """Strike no more, not even at an operator that is asked to end."""
        self._strike = None

    async def _open(self) -> None:
        self._session = ClientSession(auto_decompress=False, timeout=ClientTimeout(total=None))
        application = web.Application(client_max_size=2**24)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _close(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        is_due = self._is_due(request)
        if is_due == "before":
            return self._strike_at(request)
        async with self._session.request(
            request.method,
            URL(self._server + self._path_of(request), encoded=True),
            data=await request.read() or None,
            headers=[(name, value) for name, value in request.headers.items() if name.title() in _PASSED_ON],
            ssl=self._tls,
        ) as upstream:
            if is_due == "after":
                await upstream.read()
                return self._strike_at(request)
            answer = web.StreamResponse(status=upstream.status)
            for name in _PASSED_BACK:
                for value in upstream.headers.getall(name, ()):
                    answer.headers.add(name, value)
            await answer.prepare(request)
            async for chunk in upstream.content.iter_any():
                await answer.write(chunk)
                self._passed_back(request, chunk)
            await answer.write_eof()
            return answer

    def _path_of(self, request: web.Request) -> str:
        """Give path and query that the API server is asked for."""
        return request.raw_path

    def _passed_back(self, request: web.Request, chunk: bytes) -> None:
        """Take note of a part of an answer."""

    def _is_due(self, request: web.Request) -> str:
        """Count a call; tell when to strike at it, or nothing."""
        if not self._is_counting or request.method == "GET" or "/leases" in request.path:
            return ""
        call = f"{request.method} {request.path}"
        self.calls.append(call)
        sort = sort_of(call)
        self._counts[sort] += 1
        strike = self._strike
        is_meant = strike is not None and (strike.sort, strike.number) == (sort, self._counts[sort])
        return strike.moment if strike is not None and is_meant else ""

    def _strike_at(self, request: web.Request) -> web.Response:
        assert self._operator is not None
        self._operator.kill()
        self._operator.end()
        self.struck.set()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)
