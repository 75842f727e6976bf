import asyncio
import itertools
from typing import Any

import pytest
from tests.bench.errors import BenchError
from tests.bench.observer import Observer
from tests.bench.timeline import Moment, latencies, share

from trainjob_operator.naming import REPLICATED_JOB_LABEL, TRAINJOB_NAME_LABEL

LIFE: tuple[tuple[str, bool], ...] = (
    ("dataset-initializer", False),
    ("model-initializer", False),
    ("model-initializer", True),
    ("dataset-initializer", True),
    ("node", False),
    ("node", True),
)


def observed() -> Observer:
    """Time passes one second with each moment."""
    return Observer(clock=itertools.count().__next__)


def status(*conditions: str) -> dict[str, Any]:
    return {"conditions": [{"type": condition, "status": "True"} for condition in conditions]}


def job(role: str, *conditions: str) -> dict[str, Any]:
    labels = {TRAINJOB_NAME_LABEL: "one", REPLICATED_JOB_LABEL: role}
    return {"kind": "Job", "metadata": {"name": f"one-{role}-0", "labels": labels}, "status": status(*conditions)}


def trainjob(*conditions: str) -> dict[str, Any]:
    return {"kind": "TrainJob", "metadata": {"name": "one"}, "status": status(*conditions)}


def test_a_life_is_noted_in_order() -> None:
    observer = observed()
    observer.mark("one", Moment.CREATED)
    for role, is_complete in LIFE:
        observer.see_job(job(role, *(["Complete"] if is_complete else [])))
        observer.see_trainjob(trainjob())
    observer.see_trainjob(trainjob("Complete"))
    timeline = observer.timelines["one"]
    assert sorted(timeline, key=timeline.__getitem__) == list(Moment)


async def test_who_waits_is_told_once() -> None:
    observer = observed()
    waiting = asyncio.create_task(observer.reached("one", Moment.COMPLETE))
    await asyncio.sleep(0)
    observer.see_trainjob(trainjob("Complete"))
    observer.see_trainjob(trainjob("Complete"))
    await waiting
    await observer.reached("one", Moment.COMPLETE)
    assert set(observer.timelines["one"]) == {Moment.COMPLETE}


@pytest.mark.parametrize("kind", ["TrainJob", "Job"])
async def test_a_failure_ends_all_waiting(kind: str) -> None:
    observer = observed()
    waiting = asyncio.create_task(observer.reached("another", Moment.COMPLETE))
    await asyncio.sleep(0)
    if kind == "Job":
        observer.see_job(job("node", "Failed"))
    else:
        observer.see_trainjob(trainjob("Failed"))
    with pytest.raises(BenchError, match=f"{kind} one.* failed"):
        await waiting
    with pytest.raises(BenchError, match="failed"):
        await observer.reached("another", Moment.COMPLETE)


def test_the_operators_share_is_what_only_it_is_awaited_in() -> None:
    timeline = dict(zip(Moment, (0.0, 1.0, 10.0, 12.0, 20.0, 23.0), strict=True))
    assert share(timeline) == 1.0 + 2.0 + 3.0
    spread = {name: quantiles.p50 for name, quantiles in latencies([timeline]).items()}
    assert spread == {
        "created to first Job": 1.0,
        "data ready to node Job": 2.0,
        "node done to Complete": 3.0,
        "sum of these": 6.0,
        "created to Complete": 23.0,
    }


def test_a_watch_that_was_faster_than_the_other_takes_no_time() -> None:
    timeline = dict(zip(Moment, (5.0, 4.0, 10.0, 10.0, 20.0, 20.0), strict=True))
    assert share(timeline) == 0.0
