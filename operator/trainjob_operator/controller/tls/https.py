"""HTTPS servers that share one certificate, which can be exchanged while connections are open."""

import asyncio
import ssl
import tempfile

from aiohttp import web
from aiohttp.typedefs import Handler

# The API server closes idle connections after 90 seconds: when it is never us who close, no request is lost to a race.
_KEEP_ALIVE = 180.0
_SHUTDOWN = 5.0


class HttpsServer:
    """Listens on any number of ports, once there is a certificate."""

    def __init__(self) -> None:
        self.certified = asyncio.Event()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._runners: list[web.AppRunner] = []
        self._is_draining = False

    def install(self, certificate: str, key: str) -> None:
        """Show this certificate (PEM) from the next handshake on; open connections go on with the one they have.

        Raises:
            ssl.SSLError: the two do not belong together.
        """
        with tempfile.NamedTemporaryFile() as file:  # 0600, and gone at once; ssl reads only files
            file.write(f"{key.rstrip()}\n{certificate}".encode())
            file.flush()
            self._tls.load_cert_chain(file.name)
        self.certified.set()

    async def listen(self, app: web.Application, host: str | None, port: int) -> None:
        """Wait for the certificate, then serve an application on a port; 0 takes a free one.

        Raises:
            OSError: the port is taken.
        """
        await self.certified.wait()
        app.middlewares.insert(0, self._close_when_draining)
        runner = web.AppRunner(
            app, access_log=None, keepalive_timeout=_KEEP_ALIVE, shutdown_timeout=_SHUTDOWN, handle_signals=False
        )
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, host, port, ssl_context=self._tls).start()

    @property
    def ports(self) -> list[int]:
        """The ports that it listens on, in the order in which that began."""
        return [runner.addresses[0][1] for runner in self._runners]

    async def drain(self, seconds: float) -> None:
        """Go on answering for a while, but end each connection with its next answer."""
        self._is_draining = True
        await asyncio.sleep(seconds)

    async def stop(self) -> None:
        """Finish what was begun, and stop listening."""
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))

    @web.middleware
    async def _close_when_draining(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if self._is_draining:
            response.force_close()
        return response
