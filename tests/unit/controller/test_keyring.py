import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import ClientSession, TCPConnector, web
from tests.unit.controller.fakes import FakeKube

from trainjob_operator.controller.certificates import Credentials, Lifetimes
from trainjob_operator.controller.https import HttpsServer
from trainjob_operator.controller.keyring import Keyring
from trainjob_operator.controller.kube import Body
from trainjob_operator.controller.resources import MUTATING_WEBHOOKS, SECRETS, VALIDATING_WEBHOOKS, Resource
from trainjob_operator.controller.telemetry import Metrics
from trainjob_operator.errors import ApiError

SECRET = ("system", "certificate")
LASTING = Lifetimes(timedelta(days=3650), timedelta(days=90))
HOST = "localhost"


def configuration(resource: Resource) -> Body:
    hook = {"name": "a.example.com", "clientConfig": {"service": {"name": "operator", "namespace": "system"}}}
    return {
        "kind": resource.kind,
        "metadata": {"name": "operator"},
        "webhooks": [hook, {**hook, "name": "b.example.com"}],
    }


def bundles(kube: FakeKube) -> set[str]:
    return {
        base64.b64decode(webhook["clientConfig"].get("caBundle", "")).decode()
        for (plural, _, _), body in kube.objects.items()
        if "webhook" in plural
        for webhook in body["webhooks"]
    }


def secret(kube: FakeKube) -> dict[str, str]:
    data = kube.objects["secrets", *SECRET]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def parts(credentials: Credentials | None) -> dict[str, str]:
    assert credentials is not None
    return {
        "ca.crt": credentials.authorities,
        "ca.key": credentials.authority_key,
        "tls.crt": credentials.certificate,
        "tls.key": credentials.key,
    }


async def eventually(look: Callable[[], bool], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not look():  # noqa: ASYNC110 - any condition, not an event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def replica(
    kube: FakeKube, lifetimes: Lifetimes | None = LASTING, *, leads: bool = False
) -> AsyncIterator[tuple[Keyring, HttpsServer]]:
    server = HttpsServer()
    keyring = Keyring(
        kube, server, Metrics(), secret=SECRET, configurations="operator", hosts=(HOST,), lifetimes=lifetimes
    )
    reflectors = keyring.reflectors()
    tasks = [asyncio.create_task(reflector.run()) for reflector in reflectors]
    await asyncio.gather(*(reflector.synced.wait() for reflector in reflectors))
    tasks.append(asyncio.create_task(keyring.run()))
    if leads:
        keyring.lead()
    try:
        yield keyring, server
    finally:
        await server.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def kube() -> FakeKube:
    kube = FakeKube()
    for resource in (MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS):
        kube.put(resource, configuration(resource))
    return kube


async def test_replicas_agree_on_one_certificate_and_the_leader_has_it_trusted(kube: FakeKube) -> None:
    async with replica(kube) as (one, _), replica(kube) as (two, _), replica(kube) as (three, _):
        await eventually(lambda: None not in (one.credentials, two.credentials, three.credentials))
        assert parts(one.credentials) == parts(two.credentials) == parts(three.credentials) == secret(kube)
        assert bundles(kube) == {""}
        assert not one.is_trusted()

        two.lead()
        await eventually(one.is_trusted)

    assert bundles(kube) == {secret(kube)["ca.crt"]}
    assert [request for request in kube.requests if request.startswith("apply")] == [
        "apply mutatingwebhookconfigurations operator as trainjob-operator",
        "apply validatingwebhookconfigurations operator as trainjob-operator",
    ]
    assert not [request for request in kube.requests if request.startswith("replace")]


async def test_a_bundle_that_somebody_changed_is_put_right(kube: FakeKube) -> None:
    async with replica(kube, leads=True) as (keyring, _):
        await eventually(keyring.is_trusted)
        before = len(kube.requests)
        kube.put(VALIDATING_WEBHOOKS, configuration(VALIDATING_WEBHOOKS))
        await eventually(lambda: bundles(kube) == {secret(kube)["ca.crt"]})

    assert kube.requests[before:] == ["apply validatingwebhookconfigurations operator as trainjob-operator"]


async def test_a_deleted_secret_comes_back_with_the_authority_that_trainers_trust(kube: FakeKube) -> None:
    async with replica(kube, leads=True) as (keyring, _):
        await eventually(keyring.is_trusted)
        before = secret(kube)
        kube.remove(SECRETS, *SECRET)
        await eventually(lambda: ("secrets", *SECRET) in kube.objects)

    assert secret(kube) == before


async def test_a_damaged_secret_is_mended(kube: FakeKube) -> None:
    async with replica(kube, leads=True) as (keyring, _):
        await eventually(keyring.is_trusted)
        before = secret(kube)
        body = kube.objects["secrets", *SECRET]
        kube.put(SECRETS, {**body, "data": {**body["data"], "tls.crt": base64.b64encode(b"x").decode()}})
        await eventually(lambda: secret(kube) == before)


async def test_an_empty_secret_is_filled(kube: FakeKube) -> None:
    kube.put(SECRETS, {"metadata": {"namespace": SECRET[0], "name": SECRET[1]}, "type": "Opaque"})

    async with replica(kube, leads=True) as (keyring, _):
        await eventually(keyring.is_trusted)

    assert parts(keyring.credentials) == secret(kube)


async def test_a_certificate_of_somebody_else_is_used_and_left_alone(kube: FakeKube) -> None:
    async with replica(kube, leads=True) as (keyring, _):
        await eventually(keyring.is_trusted)
    external = secret(kube)
    del external["ca.key"]
    data = {key: base64.b64encode(value.encode()).decode() for key, value in external.items()}
    kube.put(SECRETS, {"metadata": {"namespace": SECRET[0], "name": SECRET[1]}, "data": data})
    before = len(kube.requests)

    async with replica(kube, None, leads=True) as (keyring, _):
        await eventually(lambda: keyring.credentials is not None)
        assert keyring.is_trusted()

    assert secret(kube) == external
    assert {request.split()[0] for request in kube.requests[before:]} == {"list"}


async def test_an_api_server_that_refuses_is_asked_again(kube: FakeKube) -> None:
    async with replica(kube) as (keyring, _):
        await eventually(lambda: keyring.credentials is not None)
        kube.refusal = ApiError(403, "Forbidden", "no")
        keyring.lead()
        await asyncio.sleep(0.1)
        assert not keyring.is_trusted()
        kube.refusal = None
        kube.put(VALIDATING_WEBHOOKS, configuration(VALIDATING_WEBHOOKS))
        await eventually(keyring.is_trusted)


async def test_nobody_meets_a_certificate_that_is_not_trusted(kube: FakeKube) -> None:
    """Both live so short that each is renewed several times; requests go on all the while, old connections too."""
    lifetimes = Lifetimes(timedelta(seconds=12), timedelta(seconds=6))
    async with replica(kube, lifetimes, leads=True) as (keyring, server), replica(kube, lifetimes) as (_, follower):
        await eventually(keyring.is_trusted)
        for each in (server, follower):
            app = web.Application()
            app.router.add_get("/", _hello)
            await each.listen(app, "127.0.0.1", 0)
        certificates: set[str] = set()
        authorities: set[str] = set()
        async with ClientSession(connector=TCPConnector(limit=1, ssl=_trusting(kube))) as lasting:
            for _ in range(300):
                if len(certificates) >= 3 and len(authorities) >= 2:
                    break
                certificates.add(secret(kube)["tls.crt"])
                authorities.add(secret(kube)["ca.crt"])
                for port in (server.ports[0], follower.ports[0]):
                    async with (
                        ClientSession(connector=TCPConnector(ssl=_trusting(kube))) as session,
                        session.get(f"https://{HOST}:{port}/") as answer,
                    ):
                        assert await answer.text() == "hello"
                async with lasting.get(f"https://{HOST}:{server.ports[0]}/") as answer:
                    assert await answer.text() == "hello"
                await asyncio.sleep(0.1)

    assert len(certificates) >= 3
    assert len(authorities) >= 2


def _trusting(kube: FakeKube) -> ssl.SSLContext:
    """Trust what the API server trusts now, whichever of its configurations it goes by."""
    return ssl.create_default_context(cadata=min(bundles(kube), key=len))


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_while_it_drains_each_answer_ends_its_connection(kube: FakeKube) -> None:
    async with replica(kube, leads=True) as (keyring, server):
        await eventually(keyring.is_trusted)
        app = web.Application()
        app.router.add_get("/", _hello)
        await server.listen(app, "127.0.0.1", 0)
        url = f"https://{HOST}:{server.ports[0]}/"
        async with ClientSession(connector=TCPConnector(ssl=_trusting(kube))) as session:
            async with session.get(url) as answer:
                assert "Connection" not in answer.headers
            await server.drain(0)
            async with session.get(url) as answer:
                assert answer.headers["Connection"] == "close"
