"""The end of a TrainJob's time to live."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.controller.fakes import FakeKube

from trainjob_operator.api.trainjob import parse_trainjob
from trainjob_operator.controller.caches import Caches
from trainjob_operator.controller.execution import Executor
from trainjob_operator.controller.memory import Memory
from trainjob_operator.controller.pacing import Pacer
from trainjob_operator.controller.resources import TRAINJOBS
from trainjob_operator.controller.verdict import Verdict
from trainjob_operator.reconciler.state import Expire, Observed

METADATA = {"name": "tune", "namespace": "team", "uid": "trainjob-1", "generation": 1}


def trainjob(ttl: int | None, **metadata: str) -> dict[str, Any]:
    spec = {"runtimeRef": {"name": "r"}, "ttlSecondsAfterFinished": ttl}
    return {"metadata": METADATA | metadata, "spec": spec}


@dataclass(frozen=True, slots=True)
class Scene:
    """A TrainJob whose time is up, as far as the cache knows."""

    kube: FakeKube
    caches: Caches
    observed: Observed

    async def expire(self) -> Verdict:
        memory = Memory(uid="trainjob-1", counts=Pacer(1.0))
        return await Executor(self.kube, self.caches).execute((Expire(),), self.observed, memory)


@pytest.fixture
async def scene() -> Scene:
    kube, caches = FakeKube(), Caches(lambda _: None, lambda _: None)
    seen = kube.put(TRAINJOBS, trainjob(60))
    caches.trainjobs.put(seen)
    observed = Observed(job=parse_trainjob(seen), runtime=None, snapshot=None, now=datetime(2026, 1, 1, tzinfo=UTC))
    return Scene(kube, caches, observed)


async def test_a_trainjob_whose_time_is_up_is_deleted(scene: Scene) -> None:
    assert await scene.expire() is Verdict.GONE

    assert scene.kube.objects == {}


async def test_a_trainjob_that_was_given_more_time_a_moment_ago_is_looked_at_again(scene: Scene) -> None:
    given = scene.kube.put(TRAINJOBS, trainjob(3600))

    assert await scene.expire() is Verdict.LOOK_AGAIN

    assert list(scene.kube.objects.values()) == [given]
    assert scene.caches.trainjobs.get("team", "tune") == parse_trainjob(given)


async def test_another_trainjob_of_the_name_stays(scene: Scene) -> None:
    another = scene.kube.put(TRAINJOBS, trainjob(60, uid="trainjob-2"))

    assert await scene.expire() is Verdict.GONE

    assert list(scene.kube.objects.values()) == [another]
