"""A proxy between one operator and the API server that refuses the first requests to delete a Job."""

from aiohttp import web
from tests.cluster.api_proxy import ApiProxy
from tests.devcluster import Cluster

_REFUSALS = (
    (500, "InternalError", "etcdserver: request timed out"),
    (409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again"),
    (403, "Forbidden", 'admission webhook "validate.example.com" denied the request'),
)


class RefusingProxy(ApiProxy):
    """As an API server in trouble, a busy one, and one with a webhook in front of it would."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, None)
        self.refused: list[str] = []
        """Requests that were refused, by path."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.method != "DELETE" or "/jobs/" not in request.path or len(self.refused) == len(_REFUSALS):
            return await super()._handle(request)
        code, reason, message = _REFUSALS[len(self.refused)]
        self.refused.append(request.path)
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
        return web.json_response({**status, "message": message}, status=code)
