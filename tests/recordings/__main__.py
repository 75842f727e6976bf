"""Record what a real API server answers to kopf while TrainJobs come and go: `python -m tests.recordings`, as root."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import orjson
from aiohttp import web

from tests.cluster import crds
from tests.cluster.kube import Body, Kube
from tests.cluster.stub import trainjob
from tests.cluster.watch_proxy import WatchProxy, is_about_trainjobs
from tests.devcluster import Cluster
from tests.recordings.exchange import Exchange, save
from tests.recordings.watcher import Watcher, watching

_PAGE = 2
_AT_FIRST = (("team", "stays"), ("team", "changes"), ("team", "goes"), ("other", "made-anew"), ("other", "apart"))


class RecordingProxy(WatchProxy):
    """Keeps every answer; lists come in small pages, so that a few TrainJobs fill some."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._tls.load_cert_chain(cluster.spec.pki / "admin.crt", cluster.spec.pki / "admin.key")
        self._kept: list[_Kept] = []

    def exchanges(self) -> list[Exchange]:
        """Give what was kept, in the order of the requests."""
        return [kept.exchange() for kept in self._kept]

    def _path_of(self, request: web.Request) -> str:
        request["kept"] = _Kept(request)
        self._kept.append(request["kept"])
        if is_about_trainjobs(request) and "limit" in request.query:
            return str(request.rel_url.update_query(limit=str(_PAGE)))
        return super()._path_of(request)

    def _passed_back(self, request: web.Request, chunk: bytes) -> None:
        request["kept"].heard += chunk

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        answer = await super()._handle(request)
        request["kept"].is_over = True
        return answer


@dataclass(slots=True)
class _Kept:
    """An answer as far as it has come; that of a request that is refused ends the recording."""

    request: web.Request
    heard: bytes = b""
    is_over: bool = False

    def exchange(self) -> Exchange:
        query = dict(self.request.query)
        events = [orjson.loads(line) for line in self.heard.splitlines()] if "watch" in query else None
        return Exchange(self.request.path, query, orjson.loads(self.heard) if events is None else events, self.is_over)


class Scene:
    """TrainJobs that come and go, and who is to know of it."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._where = {name: namespace for namespace, name in _AT_FIRST}
        self.uids: dict[str, str] = {}

    def set(self) -> None:
        """Create those that are there at first."""
        for namespace, name in _AT_FIRST:
            self._create(namespace, name)

    def change(self) -> None:
        """Create, change, delete, and make anew."""
        self._create("team", "comes")
        self._kube.patch("TrainJob", "team", "changes", {"metadata": {"labels": {"is": "changed"}}})
        self._delete("goes")
        self._delete("made-anew")
        self._create("other", "made-anew")

    def clear(self) -> None:
        """Delete all."""
        for name in list(self.uids):
            self._delete(name)

    def _create(self, namespace: str, name: str) -> None:
        made: Body = self._kube.create(trainjob(namespace, name))
        self._where[name] = namespace
        self.uids[name] = made["metadata"]["uid"]

    def _delete(self, name: str) -> None:
        self._kube.delete("TrainJob", self._where[name], name)
        del self.uids[name]


async def _everywhere(proxy: WatchProxy, scene: Scene) -> None:
    """Watch all namespaces while TrainJobs come and go."""
    async with watching(proxy.url) as watcher:
        await _until_known(watcher, scene)
        await asyncio.to_thread(scene.change)
        await _until_known(watcher, scene)


async def _gap(proxy: WatchProxy, scene: Scene) -> None:
    """Watch two namespaces, and come back too late."""
    async with watching(proxy.url, "team", "other") as watcher:
        await _until_known(watcher, scene)
        proxy.cut()
        await asyncio.to_thread(scene.change)
        proxy.mend(has_expired=True)
        await _until_known(watcher, scene)


async def _until_known(watcher: Watcher, scene: Scene) -> None:
    await watcher.await_synced()
    await watcher.await_known(scene.uids)


def main() -> None:
    """Record everything."""
    with Cluster.start(f"recordings-{os.getpid()}", nodes=0, say=print) as cluster:
        crds.install(cluster)
        kube = Kube(cluster)
        for namespace in ("team", "other"):
            kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        for play in (_everywhere, _gap):
            scene = Scene(kube)
            scene.set()
            with RecordingProxy(cluster) as proxy:
                asyncio.run(play(proxy, scene))
            save(play.__name__.strip("_"), proxy.exchanges())
            scene.clear()
        kube.close()
    for file in sorted(Path(__file__).parent.glob("*.jsonl")):
        print(f"{file.name}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
