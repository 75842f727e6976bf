"""The Secret with the certificate, and the webhook configurations; test_admission shows renewal under load."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from tests.cluster.controller.account import Account, rule
from tests.cluster.kube import Body, Kube
from tests.cluster.waiting import eventually

from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.controller.tls.certificates import KeyMaterial, Lifetimes, create
from trainjob_operator.controller.tls.https import HttpsServer
from trainjob_operator.controller.tls.keyring import Keyring

SECRET = "certificate"  # noqa: S105 - the name of one
LASTING = Lifetimes(timedelta(days=3650), timedelta(days=90))
HOST = "localhost"
KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
ADMISSION = "admissionregistration.k8s.io"


@dataclass(frozen=True, slots=True)
class Scene:
    """A namespace for the Secret, and webhook configurations of its name that match nothing."""

    kube: Kube
    namespace: str

    def bundles(self) -> set[str]:
        found = [self.kube.get(kind, "", self.namespace)["webhooks"] for kind in KINDS]
        return {_decode(hook["clientConfig"].get("caBundle", "")) for webhooks in found for hook in webhooks}

    def secret(self) -> dict[str, str]:
        """Give what is in the Secret; nothing if there is none."""
        body = self.kube.find("Secret", self.namespace, SECRET) or {}
        return {key: _decode(value) for key, value in body.get("data", {}).items()}

    def create_secret(self, **content: Body | str) -> None:
        metadata = {"name": SECRET, "namespace": self.namespace}
        self.kube.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **content})

    @asynccontextmanager
    async def replica(
        self, client: KubeClient, lifetimes: Lifetimes | None = LASTING, *, leads: bool = False
    ) -> AsyncIterator[Keyring]:
        keyring = Keyring(
            client,
            HttpsServer(),
            Metrics(),
            secret=(self.namespace, SECRET),
            configurations=self.namespace,
            hosts=(HOST,),
            lifetimes=lifetimes,
        )
        reflectors = keyring.reflectors()
        tasks = [asyncio.create_task(reflector.run()) for reflector in reflectors]
        await asyncio.gather(*(reflector.synced.wait() for reflector in reflectors))
        tasks.append(asyncio.create_task(keyring.run()))
        if leads:
            keyring.lead()
        try:
            yield keyring
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def scene(kube: Kube, namespace: str) -> Iterator[Scene]:
    service = {"service": {"name": "operator", "namespace": namespace}}
    hook = {"admissionReviewVersions": ["v1"], "sideEffects": "None", "clientConfig": service}
    webhooks = [{**hook, "name": name} for name in ("a.example.com", "b.example.com")]
    for kind in KINDS:
        body = {"apiVersion": f"{ADMISSION}/v1", "kind": kind, "metadata": {"name": namespace}}
        kube.create({**body, "webhooks": webhooks})
    yield Scene(kube, namespace)
    for kind in KINDS:
        kube.delete(kind, "", namespace)


async def soon(look: Callable[[], bool]) -> None:
    """Wait in a thread, so that the keyrings of this one go on."""
    await asyncio.to_thread(eventually, look, every_s=0.05)


async def test_replicas_agree_on_one_certificate_and_the_leader_has_it_trusted(
    scene: Scene, client: KubeClient, metrics: Metrics
) -> None:
    async with scene.replica(client) as one, scene.replica(client) as two, scene.replica(client) as three:
        await soon(lambda: None not in (one.credentials, two.credentials, three.credentials))
        made = scene.secret()
        assert parts(one.credentials) == parts(two.credentials) == parts(three.credentials) == made
        assert scene.bundles() == {""}
        assert not one.is_trusted()

        two.lead()
        await soon(one.is_trusted)

    assert scene.bundles() == {made["ca.crt"]}
    assert scene.secret() == made
    for resource in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        assert metrics.api_requests.labels("apply", resource, "200")._value.get() == 1


async def test_a_deleted_secret_comes_back_with_the_authority_that_trainers_trust(
    scene: Scene, client: KubeClient
) -> None:
    async with scene.replica(client, leads=True) as keyring:
        await soon(keyring.is_trusted)
        before = scene.secret()
        scene.kube.delete("Secret", scene.namespace, SECRET)
        await soon(lambda: scene.secret() == before)


async def test_a_damaged_secret_is_mended(scene: Scene, client: KubeClient) -> None:
    async with scene.replica(client, leads=True) as keyring:
        await soon(keyring.is_trusted)
        before = scene.secret()
        scene.kube.patch("Secret", scene.namespace, SECRET, {"stringData": {"tls.crt": "x"}})
        await soon(lambda: scene.secret() == before)


async def test_an_empty_secret_is_filled(scene: Scene, client: KubeClient) -> None:
    scene.create_secret(type="Opaque")

    async with scene.replica(client, leads=True) as keyring:
        await soon(keyring.is_trusted)

    assert parts(keyring.credentials) == scene.secret()


async def test_a_certificate_of_somebody_else_is_used_and_left_alone(
    scene: Scene, client: KubeClient, metrics: Metrics
) -> None:
    external = parts(create([HOST], datetime.now(UTC), LASTING))
    del external["ca.key"]
    scene.create_secret(stringData=external)

    async with scene.replica(client, None, leads=True) as keyring:
        await soon(keyring.is_trusted)

    assert scene.secret() == external
    verbs = {sample.labels["verb"] for metric in metrics.api_requests.collect() for sample in metric.samples}
    assert verbs == {"list", "watch"}


async def test_an_api_server_that_refuses_is_asked_again(
    scene: Scene, account: Account, restricted_client: KubeClient, metrics: Metrics
) -> None:
    secrets = rule("", "secrets", "list", "watch", "create")
    account.allow(secrets, rule(ADMISSION, "*", "list", "watch"))
    refusals = metrics.api_requests.labels("apply", "mutatingwebhookconfigurations", "403")

    async with scene.replica(restricted_client, leads=True) as keyring:
        await soon(lambda: refusals._value.get() > 0)
        assert not keyring.is_trusted()
        account.allow(secrets, rule(ADMISSION, "*", "list", "watch", "patch"))
        await soon(keyring.is_trusted)


def parts(credentials: KeyMaterial | None) -> dict[str, str]:
    assert credentials is not None
    return {
        "ca.crt": credentials.authorities,
        "ca.key": credentials.authority_key,
        "tls.crt": credentials.certificate,
        "tls.key": credentials.key,
    }


def _decode(value: str) -> str:
    return base64.b64decode(value).decode()
