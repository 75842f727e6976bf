import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from tests.unit.controller.bodies import body
from tests.unit.controller.fakes import FakeKube, token

from trainjob_operator.controller.progress import ProgressEndpoint
from trainjob_operator.controller.resources import TRAINJOBS
from trainjob_operator.controller.telemetry import Metrics
from trainjob_operator.errors import ApiError

GROUP = "trainer.kubeflow.org/v1alpha1"
AUDIENCE = f"{GROUP}/namespaces/team/trainjobs/tune/status"
PATH = f"/apis/{AUDIENCE}"
TOKEN = token(AUDIENCE)
STATUS: dict[str, Any] = {
    "progressPercentage": 40,
    "estimatedRemainingSeconds": 600,
    "metrics": [{"name": "loss", "value": "0.5"}],
    "lastUpdatedTime": "2026-01-01T00:00:00.123456Z",
}


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
async def kube() -> FakeKube:
    kube = FakeKube()
    kube.accounts[TOKEN] = "system:serviceaccount:team:default"
    kube.put(TRAINJOBS, body("tune", 1))
    return kube


@pytest.fixture
async def trainer(kube: FakeKube) -> AsyncIterator[Trainer]:
    runner = web.AppRunner(ProgressEndpoint(kube, Metrics()).app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as session:
        yield Trainer(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()


def refusal(code: int, reason: str, message: str) -> tuple[int, dict[str, Any]]:
    status = {"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure"}
    return code, status | {"reason": reason, "message": message, "code": code}


def stored(kube: FakeKube) -> object:
    return kube.objects["trainjobs", "team", "tune"].get("status")


async def test_a_report_becomes_the_status_and_is_echoed(trainer: Trainer, kube: FakeKube) -> None:
    assert await trainer.send({"trainerStatus": STATUS | {"unknown": 1}, "more": 2}) == (200, {"trainerStatus": STATUS})
    assert stored(kube) == {"trainerStatus": STATUS}
    assert kube.requests[-1] == "apply trainjobs/status tune as trainer-status"


async def test_a_time_is_kept_as_it_was_sent(trainer: Trainer, kube: FakeKube) -> None:
    report = {"trainerStatus": {"lastUpdatedTime": "2026-01-01T01:00:00.123456+01:00"}}

    assert (await trainer.send(report))[0] == 200
    assert stored(kube) == report


async def test_a_report_without_a_status_writes_nothing(trainer: Trainer, kube: FakeKube) -> None:
    assert await trainer.send({}) == (200, {})
    assert stored(kube) is None


async def test_a_chatty_trainer_costs_one_review(trainer: Trainer, kube: FakeKube) -> None:
    for _ in range(5):
        assert (await trainer.send({"trainerStatus": STATUS}))[0] == 200

    assert kube.requests.count("create tokenreviews") == 1


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
        {"Authorization": f"Bearer {token(AUDIENCE)}x"},
    ],
    ids=["none", "no scheme", "basic", "two tokens", "no JWT", "no claims", "twice", "another audience", "not good"],
)
async def test_without_a_good_token_nothing_is_taken(trainer: Trainer, kube: FakeKube, headers: object) -> None:
    assert await trainer.send({"trainerStatus": STATUS}, headers=headers) == refusal(403, "Forbidden", "Forbidden")
    assert stored(kube) is None


async def test_the_scheme_may_be_written_in_any_case(trainer: Trainer) -> None:
    assert (await trainer.send({}, headers={"Authorization": f"bEARER {TOKEN}"}))[0] == 200


@pytest.mark.parametrize("account", ["system:serviceaccount:elsewhere:default", "alice", "system:serviceaccount:team"])
async def test_a_stranger_is_refused(trainer: Trainer, kube: FakeKube, account: str) -> None:
    kube.accounts[TOKEN] = account

    assert await trainer.send({"trainerStatus": STATUS}) == refusal(403, "Forbidden", "Forbidden")


async def test_a_name_cannot_lead_to_another_path(trainer: Trainer, kube: FakeKube) -> None:
    path = f"/apis/{GROUP}/namespaces/team/trainjobs/..%2F..%2Felsewhere%2Ftrainjobs%2Ftune/status"
    audience = f"{GROUP}/namespaces/team/trainjobs/../../elsewhere/trainjobs/tune/status"
    kube.accounts[token(audience)] = "system:serviceaccount:team:default"

    answer = await trainer.send({}, path=path, headers={"Authorization": f"Bearer {token(audience)}"})

    assert answer == refusal(403, "Forbidden", "Forbidden")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PATH), ("PUT", PATH), ("PATCH", PATH), ("POST", f"{PATH}/"), ("POST", "/"), ("POST", PATH[:-7])],
)
async def test_nothing_else_is_found(trainer: Trainer, method: str, path: str) -> None:
    assert await trainer.send({}, method=method, path=path) == refusal(404, "NotFound", "Not found")


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
async def test_what_is_no_report_is_invalid(trainer: Trainer, kube: FakeKube, content: object) -> None:
    assert await trainer.send(content) == refusal(422, "Invalid", "Invalid payload")
    assert stored(kube) is None


async def test_64_kib_are_taken_and_not_a_byte_more(trainer: Trainer) -> None:
    report = json.dumps({"trainerStatus": STATUS}).encode()

    assert (await trainer.send(report.ljust(64 * 1024)))[0] == 200
    assert await trainer.send(report.ljust(64 * 1024 + 1)) == refusal(
        413, "RequestEntityTooLarge", "A report has 65536 bytes at most"
    )


async def test_an_unknown_trainjob_is_not_found(trainer: Trainer, kube: FakeKube) -> None:
    kube.remove(TRAINJOBS, "team", "tune")

    assert await trainer.send({"trainerStatus": STATUS}) == refusal(404, "NotFound", "Train job not found")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(
            ApiError(503, "ServiceUnavailable", "no answer"), refusal(503, "ServiceUnavailable", "no answer"), id="away"
        ),
        pytest.param(ApiError(403, "Forbidden", "no right"), refusal(503, "ServiceUnavailable", "no right"), id="RBAC"),
        pytest.param(
            ApiError(422, "Invalid", 'TrainJob "tune" is invalid'),
            refusal(422, "Invalid", 'TrainJob "tune" is invalid'),
            id="the CRD",
        ),
    ],
)
async def test_what_the_api_server_says(
    trainer: Trainer, kube: FakeKube, error: ApiError, expected: tuple[int, dict[str, Any]]
) -> None:
    assert (await trainer.send({}))[0] == 200  # the token is known from here on
    kube.refusal = error

    assert await trainer.send({"trainerStatus": STATUS}) == expected
