"""A proxy between one operator and the API server that cuts, delays and spoils the watch of TrainJobs."""

import asyncio
from collections.abc import Callable

from aiohttp import web
from tests.cluster.api_proxy import ApiProxy
from tests.devcluster import Cluster

Spoiled = Callable[[web.Request], web.Response | None]

_LONG_AGO = "1"  # a version that the API server does not have any more


class WatchProxy(ApiProxy):
    """As a network that fails, and an API server that has forgotten what it could continue from."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, None)
        self._spoil: Spoiled | None = None
        self._has_expired = False
        self._watches: list[web.Request] = []

    def cut(self) -> None:
        """End the watches of TrainJobs, and answer nothing that is asked about them until it is mended."""
        self._loop.call_soon_threadsafe(self._cut)

    def mend(self, *, has_expired: bool = False) -> None:
        """Go on; with the answer to one who comes back too late, if it has expired."""
        self._has_expired = has_expired
        self._loop.call_soon_threadsafe(self._is_whole.set)

    def spoil(self, spoil: Spoiled) -> None:
        """Have the requests for TrainJobs answered by somebody else, who may leave one to the API server."""
        self._spoil = spoil

    async def _open(self) -> None:
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        await super()._open()

    def _cut(self) -> None:
        self._is_whole.clear()
        for request in self._watches:
            if request.transport is not None:
                request.transport.abort()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if not is_about_trainjobs(request):
            return await super()._handle(request)
        await self._is_whole.wait()
        spoiled = self._spoil(request) if self._spoil is not None else None
        if spoiled is not None:
            return spoiled
        if "watch" not in request.query:
            return await super()._handle(request)
        self._watches.append(request)
        try:
            return await super()._handle(request)
        finally:
            self._watches.remove(request)

    def _path_of(self, request: web.Request) -> str:
        if self._has_expired and is_about_trainjobs(request) and "watch" in request.query:
            self._has_expired = False
            return str(request.rel_url.update_query(resourceVersion=_LONG_AGO))
        return super()._path_of(request)


def is_about_trainjobs(request: web.Request) -> bool:
    """Tell whether it lists or watches them."""
    return request.method == "GET" and request.path.endswith("/trainjobs")
