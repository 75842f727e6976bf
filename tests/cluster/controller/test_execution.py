"""The end of a TrainJob's time to live that the executor has not heard all about; T01 shows the usual one."""

from datetime import UTC, datetime

import pytest
from tests.cluster.kube import Body, Kube
from tests.cluster.stub import trainjob

from trainjob_operator.api.trainjob import parse_trainjob
from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.work.executor import Executor, Verdict
from trainjob_operator.controller.work.memory import Memory
from trainjob_operator.controller.work.pacing import Pacer
from trainjob_operator.reconciler.state import Expire, Observed

pytestmark = pytest.mark.usefixtures("our_kinds")


async def expire(client: KubeClient, seen: Body) -> tuple[Verdict, Caches]:
    """Have a TrainJob deleted whose time is up, as far as the cache knows."""
    caches = Caches(lambda _: None, lambda _: None)
    caches.trainjobs.put(seen)
    job = parse_trainjob(seen)
    observed = Observed(job=job, runtime=None, snapshot=None, now=datetime(2026, 1, 1, tzinfo=UTC))
    memory = Memory(uid=job.metadata.uid, counts=Pacer(1.0))
    return await Executor(client, caches).execute((Expire(),), observed, memory), caches


async def test_a_trainjob_that_was_given_more_time_a_moment_ago_is_looked_at_again(
    client: KubeClient, kube: Kube, namespace: str
) -> None:
    seen = kube.create(trainjob(namespace, "tune", ttlSecondsAfterFinished=60))
    given = kube.patch("TrainJob", namespace, "tune", {"spec": {"ttlSecondsAfterFinished": 3600}})

    verdict, caches = await expire(client, seen)

    assert verdict is Verdict.LOOK_AGAIN
    assert kube.get("TrainJob", namespace, "tune") == given
    assert caches.trainjobs.get(namespace, "tune") == parse_trainjob(given)


async def test_another_trainjob_of_the_name_stays(client: KubeClient, kube: Kube, namespace: str) -> None:
    seen = kube.create(trainjob(namespace, "tune", ttlSecondsAfterFinished=60))
    kube.delete("TrainJob", namespace, "tune")
    another = kube.create(trainjob(namespace, "tune", ttlSecondsAfterFinished=60))

    assert (await expire(client, seen))[0] is Verdict.GONE

    assert kube.get("TrainJob", namespace, "tune") == another
