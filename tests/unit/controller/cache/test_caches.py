import pytest
from tests.factories.bodies import Body, body, job, pod

from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.cache.store import Key
from trainjob_operator.reconciler.children import Kind

TUNE = Key("team", "tune")


class Looks:
    """Caches, and which TrainJobs they want to be looked at now, and soon."""

    def __init__(self) -> None:
        self.now: list[Key] = []
        self.soon: list[Key] = []
        self.caches = Caches(self.now.append, self.soon.append)


def ended(kind: str) -> Body:
    return {"conditions": [{"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T12:00:09Z"}]}


def version(body: Body, number: int) -> Body:
    return body | {"metadata": body["metadata"] | {"resourceVersion": str(number)}}


@pytest.mark.parametrize("kind", ["Complete", "Failed"])
def test_the_end_of_a_job_is_looked_at_now_and_everything_else_soon(kind: str) -> None:
    looks = Looks()
    looks.caches.jobs.put(version(job(), 1))
    looks.caches.jobs.put(version(job({"active": 1}), 2))
    assert (looks.now, looks.soon) == ([], [TUNE, TUNE])

    looks.caches.jobs.put(version(job(ended(kind)), 3))
    assert (looks.now, looks.soon) == ([TUNE], [TUNE, TUNE])

    looks.caches.jobs.put(version(job({"succeeded": 1} | ended(kind)), 4))
    looks.caches.jobs.drop(version(job(), 5))
    looks.caches.pods.put(pod())
    assert (looks.now, looks.soon) == ([TUNE], [TUNE] * 5)


@pytest.mark.parametrize("uid", ["uid-of-tune", "uid-of-another"])
def test_what_we_deleted_is_not_deleted_again_before_the_watch_tells(uid: str) -> None:
    caches = Looks().caches
    for kind in (Kind.SERVICE, Kind.CLAIM, Kind.JOB):
        caches.echo(kind, job() | body("tune", 7))

        caches.mark_deleting(kind, "team", "tune", uid)

    children = (*caches.services.of(TUNE), *caches.claims.of(TUNE), *caches.jobs.of(TUNE))
    assert [child.deleting for child in children] == [uid == "uid-of-tune"] * 3
    caches.jobs.put(job({"active": 1}) | body("tune", 8))  # of before the deletion, and late
    assert [(child.active, child.deleting) for child in caches.jobs.of(TUNE)] == [(1, uid == "uid-of-tune")]
