"""Reports meet the API server: real tokens, and what becomes of the status. From a pod: test_status_endpoint."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from tests.cluster import crds
from tests.cluster.controller.account import Account, rule
from tests.cluster.kube import Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.stub import trainjob
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster
from tests.devcluster.errors import DevclusterError

from trainjob_operator.controller.cache.caches import Caches
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
PROGRESS: dict[str, Any] = {
    "phase": "training",
    "step": 4,
    "steps": 10,
    "epoch": 1,
    "epochs": 2,
    "resumedFromStep": 2,
    "checkpoint": {"step": 2, "time": "2026-01-01T00:00:00Z", "bytes": 123456789012, "seconds": 3},
    "curve": [{"step": step, "loss": "-1.5e-05"} for step in range(64)],
}
SUMMARY = {"summary": "40% 0:10:00"}
WITH_OFFSET = {"trainerStatus": {"lastUpdatedTime": "2026-01-01T01:00:00.123456+01:00"}}
FORBIDDEN = (403, "Forbidden", "Forbidden")
NOT_ITS_POD = (403, "Forbidden", "Only a pod of the TrainJob may report, with the token that was mounted into it")


@dataclass(frozen=True, slots=True)
class Trainer:
    """Reports on a TrainJob of its own, as a pod of it."""

    kube: Kube
    endpoint: TestClient[Any, Any]
    caches: Caches
    namespace: str
    name: str
    uid: str
    pod: str

    async def send(self, content: object, *, token: str = "", scheme: str = "Bearer") -> tuple[int, Any]:
        data = content if isinstance(content, bytes) else json.dumps(content)
        headers = {"Authorization": f"{scheme} {token or self.token()}"}
        async with self.endpoint.post(status_path(self.namespace, self.name), data=data, headers=headers) as answer:
            if answer.status == 429:
                assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers.get("Trainjob-Next-Report") == ("10" if answer.status == 200 else None)
            return answer.status, await answer.json()

    def token(self, pod: str | None = None, namespace: str = "") -> str:
        """Ask for a token with the TrainJob's audience: of its pod, another one, or ("") none."""
        audience = status_audience(self.namespace, self.name)
        return self.kube.token(namespace or self.namespace, "default", audience, pod=self.pod if pod is None else pod)

    def add_pod(self, trainjob: str, uid: str) -> str:
        """Make a pod with the labels of a TrainJob's."""
        return add_pod(self.kube, self.caches, self.namespace, trainjob, uid)

    def status(self) -> object:
        return self.kube.get("TrainJob", self.namespace, self.name).get("status")


def add_pod(kube: Kube, caches: Caches, namespace: str, trainjob: str, uid: str) -> str:
    labels = {"jobset.sigs.k8s.io/jobset-name": trainjob, "jobset.sigs.k8s.io/jobset-uid": uid}
    metadata = {"generateName": f"{trainjob}-", "namespace": namespace, "labels": labels}
    container = {
        "name": "node",
        "image": "nothing",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "nodeSelector": {"runs-on": "nothing"},
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    pod = kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    caches.pods.put(pod)
    return str(pod["metadata"]["name"])


@pytest.fixture(scope="module")
def team(our_kinds: None, namespaces: Namespaces) -> str:  # noqa: ARG001 - TrainJobs are created there
    return namespaces.make()


@asynccontextmanager
async def reporting(kube: Kube, namespace: str, client: KubeClient, metrics: Metrics) -> AsyncIterator[Trainer]:
    job = trainjob(namespace, "", suspend=True)
    job["metadata"] = {"generateName": "tune-", "namespace": namespace}
    job = kube.create(job)
    name, uid = job["metadata"]["name"], job["metadata"]["uid"]
    caches = Caches(lambda _: None, lambda _: None)
    caches.trainjobs.put(job | {"spec": job["spec"] | {"suspend": False}})  # as far as the endpoint knows, it trains
    pod = add_pod(kube, caches, namespace, name, uid)
    async with TestClient(TestServer(ProgressEndpoint(client, caches, metrics).app())) as endpoint:
        yield Trainer(kube, endpoint, caches, namespace, name, uid, pod)


@pytest.fixture
async def trainer(kube: Kube, team: str, client: KubeClient, metrics: Metrics) -> AsyncIterator[Trainer]:
    async with reporting(kube, team, client, metrics) as trainer:
        yield trainer


def refused(answer: tuple[int, Any]) -> tuple[int, str, str]:
    code, status = answer
    assert (status["kind"], status["status"], status["code"]) == ("Status", "Failure", code)
    return code, status["reason"], status["message"]


@pytest.mark.parametrize(
    ("sent", "echoed", "kept"),
    [
        pytest.param(
            {"trainerStatus": STATUS | {"unknown": 1}, "more": 2},
            {"trainerStatus": STATUS},
            {"trainerStatus": STATUS, "progress": SUMMARY},
            id="Kubeflow's callback",
        ),
        pytest.param(
            {"trainerStatus": STATUS, "progress": PROGRESS | {"summary": "lies", "unknown": 1}},
            {"trainerStatus": STATUS, "progress": PROGRESS},
            {"trainerStatus": STATUS, "progress": PROGRESS | SUMMARY},
            id="our trainer",
        ),
        pytest.param(
            {"progress": {"phase": "setup"}},
            {"progress": {"phase": "setup"}},
            {"progress": {"phase": "setup", "summary": "setup"}},
            id="our trainer before the first step",
        ),
        pytest.param(WITH_OFFSET, WITH_OFFSET, WITH_OFFSET, id="a time as it was sent"),
        pytest.param({}, {}, None, id="nothing"),
    ],
)
async def test_a_report_becomes_the_status_and_is_echoed(
    trainer: Trainer, sent: object, echoed: object, kept: object
) -> None:
    assert await trainer.send(sent) == (200, echoed)
    assert trainer.status() == kept


async def test_our_trainer_and_the_callback_remove_nothing_of_each_other(trainer: Trainer) -> None:
    late = STATUS | {"progressPercentage": 41}
    await trainer.send({"trainerStatus": STATUS, "progress": PROGRESS})
    await trainer.send({"trainerStatus": late})
    assert trainer.status() == {"trainerStatus": late, "progress": PROGRESS | {"summary": "41% 0:10:00"}}

    less = {name: value for name, value in PROGRESS.items() if name != "curve"}
    await trainer.send({"trainerStatus": STATUS, "progress": less})
    assert trainer.status() == {"trainerStatus": STATUS, "progress": less | SUMMARY}, "what it says no more goes"


async def test_progress_that_is_none_is_refused_with_its_path(trainer: Trainer) -> None:
    answer = await trainer.send({"trainerStatus": STATUS, "progress": PROGRESS | {"step": -1}})

    assert refused(answer) == (422, "Invalid", "Invalid payload: progress.step: must be at least 0")
    assert trainer.status() is None


async def test_a_pod_that_reports_without_a_pause_waits(trainer: Trainer, metrics: Metrics) -> None:
    token = trainer.token()
    answers = [await trainer.send({"trainerStatus": STATUS}, token=token) for _ in range(20)]

    held_back = [answer for answer in answers if answer[0] != 200]
    assert refused(held_back[0]) == (429, "TooManyRequests", "A pod may report once a second: try again in 1 s")
    assert metrics.api_requests.labels("apply", "trainjobs/status", "200")._value.get() < 20


async def test_a_crd_without_progress_gets_what_it_knows(trainer: Trainer, cluster: Cluster, metrics: Metrics) -> None:
    with without_progress(cluster, trainer):
        assert (await trainer.send({"trainerStatus": STATUS, "progress": PROGRESS}))[0] == 200
        assert trainer.status() == {"trainerStatus": STATUS}
        assert (await trainer.send({"progress": PROGRESS}))[0] == 200
        late = STATUS | {"progressPercentage": 41}
        assert (await trainer.send({"trainerStatus": late, "progress": PROGRESS}))[0] == 200
        assert trainer.status() == {"trainerStatus": late}
    assert metrics.api_requests.labels("apply", "trainjobs/status", "500")._value.get() == 2, (
        "it is not tried each time"
    )


@contextmanager
def without_progress(cluster: Cluster, trainer: Trainer) -> Iterator[None]:
    """Have the CRD of TrainJobs know no `status.progress`, as Kubeflow Trainer's."""
    path = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/progress"
    crd = ("crd", "trainjobs.trainer.kubeflow.org")
    cluster.kubectl("patch", *crd, "--type=json", f'--patch=[{{"op": "remove", "path": "{path}"}}]')
    try:
        eventually(lambda: not takes_progress(cluster, trainer))
        yield
    finally:
        crds.install(cluster)
        eventually(lambda: takes_progress(cluster, trainer))


def takes_progress(cluster: Cluster, trainer: Trainer) -> bool:
    body = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": trainer.name, "namespace": trainer.namespace},
        "status": {"progress": {"phase": "setup"}},
    }
    how = ("--server-side", "--subresource=status", "--force-conflicts", "--dry-run=server", "--filename=-")
    try:
        cluster.kubectl("apply", *how, text=json.dumps(body))
    except DevclusterError as error:
        assert "field not declared in schema" in str(error)  # noqa: PT017 - any other error is a failure
        return False
    return True


async def test_a_chatty_trainer_costs_one_review(trainer: Trainer, metrics: Metrics) -> None:
    token = trainer.token()
    for scheme in ("Bearer", "bearer", "bEARER"):
        assert (await trainer.send({"trainerStatus": STATUS}, token=token, scheme=scheme))[0] == 200

    assert metrics.api_requests.labels("create", "tokenreviews", "201")._value.get() == 1


async def test_a_stranger_is_refused(trainer: Trainer) -> None:
    token = trainer.token("", namespace="default")

    assert refused(await trainer.send({"trainerStatus": STATUS}, token=token)) == FORBIDDEN
    assert trainer.status() is None


async def test_only_a_pod_of_the_trainjob_reports(trainer: Trainer) -> None:
    other = trainer.add_pod("other", "another-uid")

    for token in (trainer.token(other), trainer.token("")):
        assert refused(await trainer.send({"trainerStatus": STATUS}, token=token)) == NOT_ITS_POD
        assert refused(await trainer.send({}, token=token)) == NOT_ITS_POD
    assert trainer.status() is None


async def test_a_pod_of_a_trainjob_that_had_the_name_before_does_not(trainer: Trainer) -> None:
    token = trainer.token(trainer.add_pod(trainer.name, "an-older-uid"))

    assert refused(await trainer.send({"trainerStatus": STATUS}, token=token)) == NOT_ITS_POD
    assert trainer.status() is None


async def test_a_pod_that_is_gone_reports_no_more(trainer: Trainer) -> None:
    token = trainer.token()
    assert (await trainer.send({"trainerStatus": STATUS}, token=token))[0] == 200

    trainer.caches.pods.prune(trainer.namespace, set(), sys.maxsize)

    assert refused(await trainer.send({"trainerStatus": STATUS}, token=token)) == NOT_ITS_POD


async def test_a_stranger_with_ever_new_tokens_waits_and_costs_no_more_reviews(
    trainer: Trainer, metrics: Metrics
) -> None:
    known = trainer.token()
    assert (await trainer.send({"trainerStatus": STATUS}, token=known))[0] == 200

    forged = (trainer.send({"trainerStatus": STATUS}, token=f"{known}{number}") for number in range(200))
    codes = Counter([code for code, _ in await asyncio.gather(*forged)])

    assert codes[403] + codes[429] == 200
    assert codes[429] > 100
    assert metrics.api_requests.labels("create", "tokenreviews", "201")._value.get() == 1 + codes[403]
    assert (await trainer.send({"trainerStatus": STATUS}, token=known))[0] == 200, "who is known does not wait"


async def test_a_stranger_who_asks_again_and_again_costs_one_review(trainer: Trainer, metrics: Metrics) -> None:
    token = trainer.token() + "x"
    await trainer.send({"trainerStatus": STATUS}, token=token)

    answers = await asyncio.gather(*(trainer.send({"trainerStatus": STATUS}, token=token) for _ in range(50)))

    assert {refused(answer) for answer in answers} == {FORBIDDEN}
    assert metrics.api_requests.labels("create", "tokenreviews", "201")._value.get() == 1


async def test_a_token_that_was_tampered_with_is_refused(trainer: Trainer) -> None:
    token = trainer.token() + "x"

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
