import base64
import json
import logging
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession, web
from prometheus_client import generate_latest
from tests.factories.objects import runtime_body

from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.endpoints.webhook import Webhook
from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.telemetry.metrics import Metrics

VALIDATE = "/validate-trainer-kubeflow-org-v1alpha1-"
MUTATE = "/mutate-trainer-kubeflow-org-v1alpha1-trainjob"
NAME = "torchtune-smollm2-135m"


def runtime() -> Body:
    body = runtime_body(NAME)
    body["metadata"] |= {"uid": "r", "resourceVersion": "5"}
    return body


def trainjob(**spec: object) -> Body:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": "tune", "namespace": "team", "uid": "t"},
        "spec": {"runtimeRef": {"name": NAME}, **spec},
    }


class ApiServer:
    """Asks as the API server does."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def ask(self, path: str, new: object, old: object = None) -> dict[str, Any]:
        body = new if isinstance(new, dict) else {}
        request = {
            "uid": "u-1",
            "kind": {"kind": body.get("kind", "TrainJob")},
            "operation": "CREATE" if old is None else "UPDATE",
            "namespace": "team",
            "name": "tune",
            "object": new,
            "oldObject": old,
        }
        code, answer = await self.post(path, json.dumps({"kind": "AdmissionReview", "request": request}))
        assert code == 200
        assert (answer["kind"], answer["apiVersion"]) == ("AdmissionReview", "admission.k8s.io/v1")
        response: dict[str, Any] = answer["response"]
        assert response.pop("uid") == "u-1"
        return response

    async def post(self, path: str, content: str) -> tuple[int, Any]:
        async with self._session.post(self._url + path, data=BytesIO(content.encode())) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else text


@pytest.fixture
def caches() -> Caches:
    return Caches(lambda _: None, lambda _: None)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def api(nobody: KubeClient, caches: Caches, metrics: Metrics) -> AsyncIterator[ApiServer]:
    runner = web.AppRunner(Webhook(nobody, caches, metrics).app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as session:
        yield ApiServer(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()


def count(metrics: Metrics, **labels: str) -> float:
    wanted = {"webhook": "validate", "kind": "TrainJob", "operation": "CREATE"} | labels
    return metrics.registry.get_sample_value("trainjob_operator_admission_requests_total", wanted) or 0.0


async def test_a_cached_runtime_is_not_asked_for(api: ApiServer, caches: Caches, metrics: Metrics) -> None:
    caches.cluster_training_runtimes.put(runtime())

    assert (await api.ask(VALIDATE + "trainjob", trainjob()))["allowed"] is True
    assert count(metrics, result="allowed") == 1


async def test_an_api_server_that_cannot_be_asked_is_said_to_be_the_reason(api: ApiServer, metrics: Metrics) -> None:
    response = await api.ask(VALIDATE + "trainjob", trainjob())

    assert response["allowed"] is False
    assert (response["status"]["code"], response["status"]["reason"]) == (403, "Forbidden")
    said = f"spec.runtimeRef: ClusterTrainingRuntime {NAME} cannot be read: no answer from the API server to get"
    assert response["status"]["message"].startswith(said)
    assert count(metrics, result="denied") == 1
    assert (await api.ask(MUTATE, trainjob()))["allowed"] is True


async def test_a_change_of_a_fixed_field_is_invalid_as_with_kubernetes_own_objects(api: ApiServer) -> None:
    old, new = trainjob(trainer={"numNodes": 1}), trainjob(trainer={"numNodes": 2})

    for path in (MUTATE, VALIDATE + "trainjob"):
        status = (await api.ask(path, new, old))["status"]
        assert (status["code"], status["reason"]) == (422, "Invalid")
        assert status["message"].startswith("spec.trainer.numNodes: field is immutable: ")


async def test_a_broken_runtime_is_said_to_be_the_reason(api: ApiServer, caches: Caches) -> None:
    broken = runtime()
    broken["spec"]["template"]["spec"]["replicatedJobs"] = "none"
    caches.cluster_training_runtimes.put(broken)

    response = await api.ask(VALIDATE + "trainjob", trainjob())

    assert "cannot be read: ClusterTrainingRuntime torchtune-smollm2-135m: " in response["status"]["message"]


async def test_a_patch_and_warnings_are_passed_on(api: ApiServer, caches: Caches) -> None:
    caches.cluster_training_runtimes.put(runtime())
    patched = trainjob(suspend=True, runtimePatches=[{"manager": "acme.io/queue"}])

    response = await api.ask(MUTATE, patched)

    assert response["patchType"] == "JSONPatch"
    [operation] = json.loads(base64.b64decode(response["patch"]))
    assert (operation["op"], operation["path"]) == ("replace", "/spec/runtimePatches")
    assert operation["value"][0]["time"]

    misspelt = trainjob(trainer={"args": ["epcohs=3"]})
    response = await api.ask(VALIDATE + "trainjob", misspelt)
    assert response["allowed"] is True
    assert any("epochs" in warning for warning in response["warnings"])


@pytest.mark.parametrize("kind", ["TrainingRuntime", "ClusterTrainingRuntime"])
async def test_runtimes_are_validated(api: ApiServer, kind: str) -> None:
    good = runtime() | {"kind": kind}
    bad = json.loads(json.dumps(good))
    bad["spec"]["template"]["spec"]["replicatedJobs"][2]["replicas"] = 2

    assert (await api.ask(VALIDATE + kind.lower(), good))["allowed"] is True
    assert "replicas" in (await api.ask(VALIDATE + kind.lower(), bad))["status"]["message"]


async def test_a_defect_is_denied_logged_and_owned_up_to(
    api: ApiServer, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = await api.ask(VALIDATE + "trainjob", 5)

    assert response["allowed"] is False
    assert (response["status"]["code"], response["status"]["reason"]) == (500, "InternalError")
    assert response["status"]["message"].startswith("the operator failed to check TrainJob team/tune. This is a defect")
    assert [record.exc_info is not None for record in caplog.records] == [True]
    assert count(metrics, result="error") == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"request": []}', '{"request": {"uid": "u"}}'])
async def test_what_is_no_review_is_a_bad_request(api: ApiServer, content: str) -> None:
    assert (await api.post(MUTATE, content))[0] == 400


@pytest.mark.parametrize(
    "change",
    [
        {"kind": {"kind": "x" * 100_000}},
        {"kind": {"kind": "TrainingRuntime"}},
        {"kind": {"kind": "TrainJob", "group": "example.com"}},
        {"kind": "TrainJob"},
        {"operation": "x" * 100_000},
        {"operation": ["CREATE"]},
        {"operation": "DELETE"},
        {"uid": "u" * 100_000},
        {"uid": 5},
        {"namespace": "../../kube-system"},
        {"namespace": "a/b"},
        {"namespace": ".."},
        {"namespace": "x" * 64},
        {"namespace": {"a": "b"}},
    ],
    ids=lambda change: str(change)[:40],
)
async def test_what_no_api_server_asks_is_a_bad_request_and_leaves_nothing(
    api: ApiServer, metrics: Metrics, change: Body
) -> None:
    before = generate_latest(metrics.registry).count(b"admission_requests_total{")
    request = {"uid": "u", "kind": {"kind": "TrainJob"}, "operation": "CREATE", "namespace": "team"}
    request["object"] = trainjob()

    assert (await api.post(VALIDATE + "trainjob", json.dumps({"request": request | change})))[0] == 400
    assert generate_latest(metrics.registry).count(b"admission_requests_total{") == before


@pytest.mark.parametrize("change", [{}, {"namespace": ""}, {"namespace": None}, {"namespace": "a" * 63}, {"uid": "é"}])
async def test_what_is_unusual_is_answered(api: ApiServer, change: Body) -> None:
    request = {"uid": "u", "kind": {"kind": "TrainJob"}, "operation": "CREATE", "namespace": "team"}
    request["object"] = trainjob()

    assert (await api.post(MUTATE, json.dumps({"request": request | change})))[0] == 200


@pytest.mark.parametrize(
    ("content", "code"),
    [("[" + "0," * 500_000 + "0]", 413), ('"' + "x" * 9_000_000 + '"', 413), ("[" * 100_000, 400)],
    ids=["many values", "long", "deep"],
)
async def test_too_much_is_refused_and_let_go(api: ApiServer, caches: Caches, content: str, code: int) -> None:
    caches.cluster_training_runtimes.put(runtime())
    for _ in range(40):  # more than is held at once
        assert (await api.post(MUTATE, content))[0] == code

    assert (await api.ask(VALIDATE + "trainjob", trainjob()))["allowed"] is True


async def test_a_runtime_is_not_looked_for_by_a_path(api: ApiServer) -> None:
    """Nobody would answer, which would be told."""
    paths = ("../../../../api/v1/namespaces/hr/configmaps/payroll", "x?watch=true", "..", "%2e%2e", "a/b")
    for name in (*paths, "A", "x" * 254):
        for kind in ("TrainingRuntime", "ClusterTrainingRuntime"):
            new = trainjob() | {"spec": {"runtimeRef": {"name": name, "kind": kind}}}
            message = (await api.ask(VALIDATE + "trainjob", new))["status"]["message"]
            assert message.startswith("spec.runtimeRef.name: ")
            assert "is the name of no runtime" in message
            assert (await api.ask(MUTATE, new))["allowed"] is True


async def test_nothing_else_is_served(api: ApiServer) -> None:
    assert (await api.post("/validate", "{}"))[0] == 404
