"""Who brings a TrainJob from its creation to its end: the operator, or on the floor a script that knows it all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tests.bench.observer import Observer
from tests.bench.timeline import Moment
from tests.bench.workload import Children, trainjob
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import CHILD_KINDS, TRAINJOBS
from trainjob_operator.reconciler.state import Manifest


class Contestant(Protocol):
    """One of the two, in one namespace."""

    async def create(self, name: str) -> None:
        """Create what makes the first pods run."""

    async def finish(self, name: str) -> None:
        """Wait for the end, doing what is left to do."""


@dataclass(frozen=True, slots=True)
class Operated:
    """Creates a TrainJob and lets the operator do the rest."""

    kube: KubeClient
    observer: Observer
    namespace: str

    async def create(self, name: str) -> None:
        """Create the TrainJob."""
        await self.kube.create(TRAINJOBS, self.namespace, trainjob(self.namespace, name))
        self.observer.mark(name, Moment.CREATED)

    async def finish(self, name: str) -> None:
        """Wait until the operator says that it is complete."""
        await self.observer.reached(name, Moment.COMPLETE)


@dataclass(frozen=True, slots=True)
class Floor:
    """Creates the same children itself: the least that any operator could do."""

    kube: KubeClient
    observer: Observer
    namespace: str
    children: Mapping[str, Children]
    """By TrainJob; made before anything is measured."""

    async def create(self, name: str) -> None:
        """Create everything that nothing has to be waited for."""
        self.observer.mark(name, Moment.CREATED)
        for manifest in self.children[name].first:
            await self._create(manifest)

    async def finish(self, name: str) -> None:
        """Create the rest once the data are there; done is done, there is nobody to be told."""
        await self.observer.reached(name, Moment.DATA_READY)
        for manifest in self.children[name].later:
            await self._create(manifest)
        await self.observer.reached(name, Moment.NODE_DONE)
        self.observer.mark(name, Moment.COMPLETE)

    async def _create(self, manifest: Manifest) -> None:
        await self.kube.create(CHILD_KINDS[str(manifest["kind"])], self.namespace, manifest)
