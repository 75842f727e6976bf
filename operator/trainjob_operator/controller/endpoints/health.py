"""Health, readiness and metrics of the operator over HTTP."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from trainjob_operator.controller.telemetry.metrics import Metrics


class HealthServer:
    """Serves ``/healthz``, ``/readyz`` and ``/metrics``.

    ``/healthz`` answers whenever the event loop turns; ``/readyz`` when nothing is missing, on leader and standby.

    Args:
        missing: tells what is not there yet, empty if nothing.
    """

    def __init__(self, metrics: Metrics, missing: Callable[[], str]) -> None:
        self._metrics = metrics
        self._missing = missing
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics_page)
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self, host: str | None, port: int) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Where it listens."""
        return tuple((address[0], address[1]) for address in self._runner.addresses)

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        missing = self._missing()
        return web.Response(status=503, text=f"{missing}\n") if missing else web.Response(text="ok\n")

    async def _metrics_page(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
