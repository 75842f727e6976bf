"""Lists that come in pages: one snapshot, whatever is created meanwhile, and no waiting between two pages."""

import asyncio
import time
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from tests.devcluster import Cluster
from tests.devcluster.audit import Audit

from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import CONFIG_MAPS
from trainjob_operator.controller.telemetry.metrics import Metrics

pytestmark = pytest.mark.alone  # half a second has to be long enough for an answer
_OURS = {"labelSelector": "listed", "limit": "3"}
_LIST = "list configmaps"
_ADMINISTRATOR = "admin"
_LONG_ENOUGH = 0.5  # for an answer


async def _create(client: KubeClient, namespace: str, name: str) -> None:
    metadata = {"name": name, "labels": {"listed": ""}}
    await client.create(CONFIG_MAPS, namespace, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


def _answers(metrics: Metrics) -> float:
    return float(metrics.api_requests.labels("list", "configmaps", "200")._value.get())


async def test_pages_are_one_snapshot_and_the_next_comes_while_one_is_read(
    cluster: Cluster, client: KubeClient, namespace: str
) -> None:
    names = [f"map-{number}" for number in range(8)]
    for name in names:
        await _create(client, namespace, name)

    seen: list[str] = []
    versions: set[int] = set()
    read_until: list[datetime] = []
    audit = Audit(cluster.audit_log, _ADMINISTRATOR)
    async with aclosing(client.pages(CONFIG_MAPS, namespace, query=_OURS)) as pages:
        async for page in pages:
            if not seen:
                await _create(client, namespace, "map-9")
            seen += [body["metadata"]["name"] for body in page.items]
            versions.add(page.resource_version)
            time.sleep(_LONG_ENOUGH)  # noqa: ASYNC251 - so that nothing is sent while a page is read
            read_until.append(datetime.now(UTC))

    assert seen == names
    assert len(versions) == 1
    asked = [request.at for request in audit.requests() if (request.what, request.namespace) == (_LIST, namespace)]
    assert len(asked) == len(read_until) == 3
    assert asked[1] < read_until[0]
    assert asked[2] < read_until[1]


async def test_a_list_that_is_given_up_asks_for_nothing_more(
    client: KubeClient, metrics: Metrics, namespace: str
) -> None:
    for number in range(8):
        await _create(client, namespace, f"map-{number}")
    tasks = asyncio.all_tasks()

    async with aclosing(client.pages(CONFIG_MAPS, namespace, query=_OURS)) as pages:
        async for _ in pages:
            break
    await asyncio.sleep(_LONG_ENOUGH)

    assert asyncio.all_tasks() == tasks
    assert _answers(metrics) <= 2
