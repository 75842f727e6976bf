"""A reflector that comes back too late: what was deleted while it could not watch is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.cluster.kube import Kube
from tests.cluster.stub import trainjob
from tests.cluster.waiting import eventually

from trainjob_operator.controller.cache.reflector import Reflector
from trainjob_operator.controller.cache.store import Key, Store
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import TRAINJOBS
from trainjob_operator.controller.telemetry.metrics import Metrics

_LONG_AGO = 1  # a version that the API server does not have any more


@asynccontextmanager
async def _running(reflector: Reflector) -> AsyncIterator[None]:
    task = asyncio.create_task(reflector.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.usefixtures("our_kinds")
async def test_what_was_deleted_before_it_came_back_is_forgotten(
    client: KubeClient, kube: Kube, namespace: str, metrics: Metrics
) -> None:
    changes: list[Key] = []
    store = Store[str](
        lambda body: str(body["metadata"]["uid"]),
        lambda body: str(body["metadata"]["name"]),
        lambda key, _before, _after: changes.append(key),
    )
    made = {name: kube.create(trainjob(namespace, name))["metadata"]["uid"] for name in ("stays", "goes", "made-anew")}
    reflector = Reflector(client, TRAINJOBS, store, metrics, namespace=namespace)
    async with _running(reflector):
        await asyncio.to_thread(eventually, lambda: len(store) == 3)

    kube.delete("TrainJob", namespace, "goes")
    kube.delete("TrainJob", namespace, "made-anew")
    anew = kube.create(trainjob(namespace, "made-anew"))["metadata"]["uid"]
    changes.clear()
    reflector._version = _LONG_AGO
    async with _running(reflector):
        await asyncio.to_thread(eventually, lambda: _lists(metrics) == 2)

    known = {name: store.get(namespace, name) for name in made}
    assert known == {"stays": made["stays"], "goes": None, "made-anew": anew}
    assert sorted(key.name for key in changes) == ["goes", "made-anew"]


def _lists(metrics: Metrics) -> float:
    name, labels = "trainjob_operator_reflector_lists_total", {"resource": TRAINJOBS.plural}
    return metrics.registry.get_sample_value(name, labels) or 0.0
