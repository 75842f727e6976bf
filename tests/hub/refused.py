"""How the Hub says no: the status, and headers that its client reads."""

from aiohttp import web


class RefusedError(Exception):
    """Raised where a request ends; `code` is the Hub's X-Error-Code, empty if it gives none."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {}) | headers

    def response(self) -> web.Response:
        """Return what goes over the wire."""
        return web.json_response({"error": str(self)}, status=self.status, headers=self.headers)
