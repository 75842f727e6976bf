"""Reports meet the API server: real tokens, and what becomes of the status. From a pod: test_status_endpoint."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from tests.cluster.controller.account import Account, rule
from tests.cluster.kube import Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.stub import trainjob

from trainjob_operator.controller.endpoints.progress import ProgressEndpoint
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.naming import status_audience, status_path

STATUS: dict[str, Any] = {
    "progressPercentage": 40,
    "estimatedRemainingSeconds": 600,
    "metrics": [{"name": "loss", "value": "0.5"}],
    "lastUpdatedTime": "2026-01-01T00:00:00.123456Z",
}
WITH_OFFSET = {"trainerStatus": {"lastUpdatedTime": "2026-01-01T01:00:00.123456+01:00"}}
FORBIDDEN = (403, "Forbidden", "Forbidden")


@dataclass(frozen=True, slots=True)
class Trainer:
    """Reports on a TrainJob of its own."""

    kube: Kube
    endpoint: TestClient[Any, Any]
    namespace: str
    name: str

    async def send(self, content: object, *, token: str = "", scheme: str = "Bearer") -> tuple[int, Any]:
        data = content if isinstance(content, bytes) else json.dumps(content)
        headers = {"Authorization": f"{scheme} {token or self.token(self.namespace)}"}
        async with self.endpoint.post(status_path(self.namespace, self.name), data=data, headers=headers) as answer:
            return answer.status, await answer.json()

    def token(self, namespace: str) -> str:
        """Ask for a token with the TrainJob's audience, for an account of any namespace."""
        return self.kube.token(namespace, "default", status_audience(self.namespace, self.name))

    def status(self) -> object:
        return self.kube.get("TrainJob", self.namespace, self.name).get("status")


@pytest.fixture(scope="module")
def team(our_kinds: None, namespaces: Namespaces) -> str:  # noqa: ARG001 - TrainJobs are created there
    return namespaces.make()


@asynccontextmanager
async def reporting(kube: Kube, namespace: str, client: KubeClient, metrics: Metrics) -> AsyncIterator[Trainer]:
    job = trainjob(namespace, "", suspend=True)
    job["metadata"] = {"generateName": "tune-", "namespace": namespace}
    name = kube.create(job)["metadata"]["name"]
    async with TestClient(TestServer(ProgressEndpoint(client, metrics).app())) as endpoint:
        yield Trainer(kube, endpoint, namespace, name)


@pytest.fixture
async def trainer(kube: Kube, team: str, client: KubeClient, metrics: Metrics) -> AsyncIterator[Trainer]:
    async with reporting(kube, team, client, metrics) as trainer:
        yield trainer


def refused(answer: tuple[int, Any]) -> tuple[int, str, str]:
    code, status = answer
    assert (status["kind"], status["status"], status["code"]) == ("Status", "Failure", code)
    return code, status["reason"], status["message"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param({"trainerStatus": STATUS | {"unknown": 1}, "more": 2}, {"trainerStatus": STATUS}, id="as it is"),
        pytest.param(WITH_OFFSET, WITH_OFFSET, id="a time as it was sent"),
        pytest.param({}, None, id="nothing"),
    ],
)
async def test_a_report_becomes_the_status_and_is_echoed(trainer: Trainer, sent: object, kept: object) -> None:
    assert await trainer.send(sent) == (200, kept or {})
    assert trainer.status() == kept


async def test_a_chatty_trainer_costs_one_review(trainer: Trainer, metrics: Metrics) -> None:
    token = trainer.token(trainer.namespace)
    for scheme in ("Bearer", "bearer", "bEARER"):
        assert (await trainer.send({"trainerStatus": STATUS}, token=token, scheme=scheme))[0] == 200

    assert metrics.api_requests.labels("create", "tokenreviews", "201")._value.get() == 1


async def test_a_stranger_is_refused(trainer: Trainer) -> None:
    assert refused(await trainer.send({"trainerStatus": STATUS}, token=trainer.token("default"))) == FORBIDDEN
    assert trainer.status() is None


async def test_a_stranger_who_asks_again_and_again_costs_one_review(trainer: Trainer, metrics: Metrics) -> None:
    token = trainer.token(trainer.namespace) + "x"
    await trainer.send({"trainerStatus": STATUS}, token=token)

    answers = await asyncio.gather(*(trainer.send({"trainerStatus": STATUS}, token=token) for _ in range(50)))

    assert {refused(answer) for answer in answers} == {FORBIDDEN}
    assert metrics.api_requests.labels("create", "tokenreviews", "201")._value.get() == 1


async def test_a_token_that_was_tampered_with_is_refused(trainer: Trainer) -> None:
    token = trainer.token(trainer.namespace) + "x"

    assert refused(await trainer.send({"trainerStatus": STATUS}, token=token)) == FORBIDDEN
    assert trainer.status() is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        {"trainerStatus": "good"},
        {"trainerStatus": {"progressPercentage": "40"}},
        {"trainerStatus": {"progressPercentage": 4.5}},
        {"trainerStatus": {"metrics": [{"name": "loss", "value": 0.5}]}},
        {"trainerStatus": {"lastUpdatedTime": "yesterday"}},
        {"trainerStatus": {"lastUpdatedTime": "2026-01-01T00:00:00"}},
    ],
    ids=lambda content: content.decode() if isinstance(content, bytes) else json.dumps(content["trainerStatus"]),
)
async def test_what_is_no_report_is_invalid(trainer: Trainer, content: object) -> None:
    assert refused(await trainer.send(content)) == (422, "Invalid", "Invalid payload")
    assert trainer.status() is None


async def test_64_kib_are_taken_and_not_a_byte_more(trainer: Trainer) -> None:
    report = json.dumps({"trainerStatus": STATUS}).encode()

    assert (await trainer.send(report.ljust(64 * 1024)))[0] == 200
    assert (await trainer.send(report.ljust(64 * 1024 + 1)))[0] == 413


@pytest.mark.usefixtures("our_kinds")
async def test_an_operator_without_the_right_to_write_says_so(
    kube: Kube, namespace: str, account: Account, restricted_client: KubeClient, metrics: Metrics
) -> None:
    account.allow(rule("authentication.k8s.io", "tokenreviews", "create"))
    async with reporting(kube, namespace, restricted_client, metrics) as trainer:
        async with asyncio.timeout(10):
            while (await trainer.send({}))[0] != 200:  # noqa: ASYNC110 - until its rights are known
                await asyncio.sleep(0.1)

        code, reason, message = refused(await trainer.send({"trainerStatus": STATUS}))

    assert (code, reason) == (503, "ServiceUnavailable")
    assert 'cannot patch resource "trainjobs/status"' in message
