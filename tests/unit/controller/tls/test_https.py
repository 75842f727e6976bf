import ssl
from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession, TCPConnector, web

from trainjob_operator.controller.tls.certificates import Lifetimes, create
from trainjob_operator.controller.tls.https import HttpsServer


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_while_it_drains_each_answer_ends_its_connection() -> None:
    credentials = create(["localhost"], datetime.now(UTC), Lifetimes(timedelta(days=2), timedelta(days=1)))
    server, app = HttpsServer(), web.Application()
    server.install(credentials.certificate, credentials.key)
    app.router.add_get("/", _hello)
    await server.listen(app, "127.0.0.1", 0)
    url = f"https://localhost:{server.ports[0]}/"
    tls = ssl.create_default_context(cadata=credentials.authorities)
    async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
        async with session.get(url) as answer:
            assert "Connection" not in answer.headers
        await server.drain(0)
        async with session.get(url) as answer:
            assert answer.headers["Connection"] == "close"
    await server.stop()
