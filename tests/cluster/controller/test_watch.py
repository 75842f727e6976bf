"""Changes that are read together: fewer times, all of them, in their order."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest

from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import CONFIG_MAPS

pytestmark = pytest.mark.alone  # tells what comes together from what comes a moment later
_PAUSE = 2.0
_AT_ONCE = 1.5


@dataclass
class Seen:
    """Which objects a watch told of, and when."""

    names: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    async def follow(self, client: KubeClient, namespace: str, version: int, count: int) -> None:
        """Watch ConfigMaps until there were so many."""
        watch = client.watch(CONFIG_MAPS, namespace, version, query={"labelSelector": "watched"}, pause=_PAUSE)
        async with aclosing(watch) as events:
            async for event in events:
                if event.type == "ADDED":
                    self.names.append(event.body["metadata"]["name"])
                    self.times.append(monotonic())
                    if len(self.names) == count:
                        return


async def _create(client: KubeClient, namespace: str, name: str, size: int = 0) -> float:
    metadata = {"name": name, "labels": {"watched": ""}}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"much": "x" * size}}
    await client.create(CONFIG_MAPS, namespace, manifest)
    return monotonic()


async def _watch_while_creating(
    client: KubeClient, namespace: str, names: list[str], *, gap: float, size: int = 0
) -> tuple[Seen, list[float]]:
    """Create ConfigMaps one after the other; the first, when all is quiet."""
    seen = Seen()
    page = await client.list_page(CONFIG_MAPS, namespace)
    following = asyncio.create_task(seen.follow(client, namespace, page.resource_version, len(names)))
    await asyncio.sleep(_PAUSE + _AT_ONCE)
    created = []
    for name in names:
        created.append(await _create(client, namespace, name, size))
        await asyncio.sleep(gap)
    await asyncio.wait_for(following, 30)
    return seen, created


async def test_what_comes_after_the_first_comes_together(client: KubeClient, namespace: str) -> None:
    names = [f"one-{number}" for number in range(6)]

    seen, created = await _watch_while_creating(client, namespace, names, gap=0.05)

    assert seen.names == names
    assert seen.times[0] - created[0] < _AT_ONCE
    assert seen.times[1] - seen.times[0] > _PAUSE * 0.9
    assert seen.times[-1] - seen.times[1] < _AT_ONCE


async def test_more_than_a_buffer_holds_is_not_held_back(client: KubeClient, namespace: str) -> None:
    names = [f"large-{number}" for number in range(8)]

    seen, created = await _watch_while_creating(client, namespace, names, gap=0.0, size=500_000)

    assert seen.names == names
    assert seen.times[-1] - created[-1] < 2 * _PAUSE


@pytest.mark.parametrize("pause", [0.0, _PAUSE])
async def test_a_watch_that_is_given_up_leaves_no_connection(client: KubeClient, namespace: str, pause: float) -> None:
    page = await client.list_page(CONFIG_MAPS, namespace)
    before = _sockets()
    await _create(client, namespace, "seen")

    async with aclosing(client.watch(CONFIG_MAPS, namespace, page.resource_version, query={}, pause=pause)) as events:
        async for _ in events:
            break
        assert len(_sockets() - before) == 1
    await asyncio.sleep(0)

    assert _sockets() == before


def _sockets() -> set[str]:
    links = (str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
    return {link for link in links if link.startswith("socket:")}
