"""A session of HTTP with the API server: its connections, and the credentials that it shows on each request."""

from http import HTTPStatus

import aiohttp
from aiohttp import hdrs

from trainjob_operator import __version__
from trainjob_operator.controller.kube.connection import Connection, Token

JSON = "application/json"
_USER_AGENT = f"trainjob-operator/{__version__}"


def open_session(
    connection: Connection, limit: int, *middlewares: aiohttp.ClientMiddlewareType
) -> aiohttp.ClientSession:
    """Open a session that shows our credentials; ``limit`` bounds its connections, 0 means no bound.

    The middlewares see each request once, and its last answer.
    """
    connector = aiohttp.TCPConnector(limit=limit, keepalive_timeout=60, ssl=connection.tls or True)
    return aiohttp.ClientSession(
        connector=connector,
        headers={hdrs.USER_AGENT: _USER_AGENT, hdrs.ACCEPT: JSON, hdrs.ACCEPT_ENCODING: "identity"},
        middlewares=middlewares if connection.token is None else (*middlewares, _show(connection.token)),
    )


def _show(token: Token) -> aiohttp.ClientMiddlewareType:
    """Put the token on each request; when it is refused, read it anew and try once more."""

    async def authorize(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        shown = token.current()
        request.headers[hdrs.AUTHORIZATION] = f"Bearer {shown}"
        response = await handler(request)
        if response.status == HTTPStatus.UNAUTHORIZED and token.reread() != shown:
            response.release()
            request.headers[hdrs.AUTHORIZATION] = f"Bearer {token.current()}"
            response = await handler(request)
        return response

    return authorize
