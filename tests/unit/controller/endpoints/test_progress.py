"""Who is turned away by the status endpoint before the API server is asked; the rest is in tests/cluster."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web

from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.endpoints.progress import ProgressEndpoint
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.telemetry.metrics import Metrics

GROUP = "trainer.kubeflow.org/v1alpha1"
AUDIENCE = f"{GROUP}/namespaces/team/trainjobs/tune/status"
PATH = f"/apis/{AUDIENCE}"


def token(audience: str) -> str:
    """Make something that looks like a token for this audience."""
    claims = base64.urlsafe_b64encode(json.dumps({"aud": [audience]}).encode()).decode().rstrip("=")
    return f"head.{claims}.signature"


TOKEN = token(AUDIENCE)


class Trainer:
    """Sends reports."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def send(
        self, content: object, *, path: str = PATH, method: str = "POST", headers: object = None
    ) -> tuple[int, Any]:
        data = content if isinstance(content, bytes) else json.dumps(content)
        given = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
        async with self._session.request(method, self._url + path, data=data, headers=given) as answer:  # type: ignore[arg-type]  # any form that aiohttp takes
            return answer.status, await answer.json()


@pytest.fixture
async def trainer(nobody: KubeClient) -> AsyncIterator[Trainer]:
    caches = Caches(lambda _: None, lambda _: None)
    runner = web.AppRunner(ProgressEndpoint(nobody, caches, Metrics()).app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as session:
        yield Trainer(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()


def refusal(code: int, reason: str, message: str) -> tuple[int, dict[str, Any]]:
    status = {"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure"}
    return code, status | {"reason": reason, "message": message, "code": code}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN} {TOKEN}"},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer a.b.c"},
        [("Authorization", f"Bearer {TOKEN}"), ("Authorization", f"Bearer {TOKEN}")],
        {"Authorization": f"Bearer {token(AUDIENCE.replace('tune', 'other'))}"},
    ],
    ids=["none", "no scheme", "basic", "two tokens", "no JWT", "no claims", "twice", "another audience"],
)
async def test_without_a_good_token_nothing_is_taken(trainer: Trainer, headers: object) -> None:
    assert await trainer.send({}, headers=headers) == refusal(403, "Forbidden", "Forbidden")


async def test_a_name_cannot_lead_to_another_path(trainer: Trainer) -> None:
    path = f"/apis/{GROUP}/namespaces/team/trainjobs/..%2F..%2Felsewhere%2Ftrainjobs%2Ftune/status"
    audience = f"{GROUP}/namespaces/team/trainjobs/../../elsewhere/trainjobs/tune/status"

    answer = await trainer.send({}, path=path, headers={"Authorization": f"Bearer {token(audience)}"})

    assert answer == refusal(403, "Forbidden", "Forbidden")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PATH), ("PUT", PATH), ("PATCH", PATH), ("POST", f"{PATH}/"), ("POST", "/"), ("POST", PATH[:-7])],
)
async def test_nothing_else_is_found(trainer: Trainer, method: str, path: str) -> None:
    assert await trainer.send({}, method=method, path=path) == refusal(404, "NotFound", "Not found")
