"""A reflector that comes back too late: what was deleted while it could not watch is forgotten."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager

from tests.cluster.waiting import eventually
from tests.devcluster import Cluster

from trainjob_operator.controller.cache import Key, Store
from trainjob_operator.controller.credentials import from_kubeconfig
from trainjob_operator.controller.kube import KubeClient, WatchEvent
from trainjob_operator.controller.reflector import Reflector
from trainjob_operator.controller.resources import CONFIG_MAPS, Resource
from trainjob_operator.controller.telemetry import Metrics
from trainjob_operator.controller.transport import Transport

_LONG_AGO = 1


class LateClient(KubeClient):
    """A client that, once it is late, asks for changes since a version that the API server does not have any more."""

    is_late = False

    async def watch(
        self,
        resource: Resource,
        namespace: str | None,
        resource_version: int,
        *,
        query: Mapping[str, str],
        pause: float = 0.0,
    ) -> AsyncGenerator[WatchEvent]:
        since, self.is_late = _LONG_AGO if self.is_late else resource_version, False
        async with aclosing(super().watch(resource, namespace, since, query=query, pause=pause)) as events:
            async for event in events:
                yield event


@asynccontextmanager
async def _running(reflector: Reflector) -> AsyncIterator[None]:
    task = asyncio.create_task(reflector.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _create(client: KubeClient, namespace: str, name: str) -> str:
    metadata = {"name": name, "labels": {"reflected": ""}}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    return str((await client.create(CONFIG_MAPS, namespace, manifest)).body["metadata"]["uid"])


async def test_what_was_deleted_before_it_came_back_is_forgotten(
    cluster: Cluster, namespace: str, metrics: Metrics
) -> None:
    changes: list[Key] = []
    store = Store[str](
        lambda body: str(body["metadata"]["uid"]),
        lambda body: str(body["metadata"]["name"]),
        lambda key, _before, _after: changes.append(key),
    )
    async with Transport(from_kubeconfig(cluster.kubeconfig), metrics) as transport:
        client = LateClient(transport)
        reflector = Reflector(client, CONFIG_MAPS, store, metrics, namespace=namespace, label_selector="reflected")
        for name in ("stays", "goes"):
            await _create(client, namespace, name)
        uid = await _create(client, namespace, "made-anew")
        async with _running(reflector):
            await asyncio.to_thread(eventually, lambda: len(store) == 3)

        for name in ("goes", "made-anew"):
            known = store.get(namespace, name)
            await client.delete(CONFIG_MAPS, namespace, name, known or "")
        anew = await _create(client, namespace, "made-anew")
        changes.clear()
        client.is_late = True
        async with _running(reflector):
            await asyncio.to_thread(eventually, lambda: len(store) == 2)

    assert store.get(namespace, "stays") is not None
    assert store.get(namespace, "made-anew") == anew != uid
    assert sorted(key.name for key in changes) == ["goes", "made-anew"]
    lists = metrics.registry.get_sample_value(
        "trainjob_operator_reflector_lists_total", {"resource": CONFIG_MAPS.plural}
    )
    assert lists == 2
