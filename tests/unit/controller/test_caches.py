import pytest
from tests.unit.controller.bodies import Body, job, pod

from trainjob_operator.controller.cache import Key
from trainjob_operator.controller.caches import Caches

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
