"""kopf itself, on what the real API server answered it while TrainJobs came and went."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.factories.bodies import Body
from tests.recordings.exchange import Exchange, load
from tests.recordings.player import Player
from tests.recordings.watcher import Watcher, watching

from trainjob_operator.controller.handlers import run_operator
from trainjob_operator.controller.kube.connection import Connection
from trainjob_operator.controller.kube.resources import TRAINJOBS

WITHIN_S = 30.0
AT_FIRST = {"apart", "changes", "goes", "made-anew", "stays"}
IN_THE_END = {"apart", "changes", "comes", "made-anew", "stays"}


def is_list(exchange: Exchange) -> bool:
    """Tell whether it is a page of TrainJobs."""
    return exchange.path.endswith("/trainjobs") and not exchange.is_watch


def newest(exchanges: list[Exchange]) -> Mapping[str, str]:
    """Give the newest UID of each name that lists or watches tell of."""
    listed = [item for each in exchanges if is_list(each) for item in each.answer["items"]]
    told = [event["object"] for each in exchanges if each.is_watch for event in each.answer]
    metadata = [each["metadata"] for each in (*listed, *told) if "name" in each["metadata"]]
    metadata.sort(key=lambda each: int(each["resourceVersion"]))
    return {each["name"]: each["uid"] for each in metadata}


async def test_it_tells_of_all_that_were_there_and_of_what_happens_after() -> None:
    exchanges = load("everywhere")
    uids = newest(exchanges)
    async with Player(exchanges) as player, watching(player.url) as watcher:
        await watcher.await_synced()
        await watcher.await_known({name: uids[name] for name in IN_THE_END})

    goes = [change for change in watcher.changes if change[0] == "goes"]
    assert [(before is None, after is None) for _, before, after in goes] == [(True, False), (False, True)]
    assert watcher.lists() == 1
    assert player.writes == []


async def test_what_happened_while_it_could_not_watch_is_known_after() -> None:
    exchanges = load("gap")
    uids = newest(exchanges)
    async with Player(exchanges) as player, watching(player.url, "team", "other") as watcher:
        await watcher.await_synced()
        assert set(watcher.known()) == AT_FIRST

        player.go_on.set()
        await watcher.await_known({name: uids[name] for name in IN_THE_END})

    assert watcher.lists() == 3  # of two namespaces at first; the watch of only one of them had expired
    assert player.writes == []


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"annotations": {"kopf.zalando.org/last-handled-configuration": "{"}}, id="no JSON"),
        pytest.param({"annotations": {"kopf.zalando.org/last-handled-configuration": '"text"'}}, id="no object"),
        pytest.param({"annotations": {"kopf.zalando.org/trainjob_told": "[]"}}, id="progress"),
        pytest.param({"finalizers": ["kopf.zalando.org/KopfFinalizerMarker"]}, id="finalizer"),
    ],
)
async def test_what_another_kopf_operator_left_on_a_trainjob_is_left_alone(metadata: Body) -> None:
    exchanges = [_with(each, metadata) if is_list(each) else each for each in load("everywhere")]
    async with Player(exchanges) as player, watching(player.url) as watcher:
        await watcher.await_synced()
        await watcher.await_known({name: newest(exchanges)[name] for name in IN_THE_END})

    assert player.writes == []


async def test_an_error_that_kopf_does_not_expect_ends_the_process(caplog: pytest.LogCaptureFixture) -> None:
    error = {"kind": "Status", "status": "Failure", "code": 500, "message": "etcdserver: no leader"}
    spoiled = [
        replace(each, answer=[{"type": "ERROR", "object": error}], is_over=True) if each.is_watch else each
        for each in load("everywhere")
    ]
    async with Player(spoiled) as player, asyncio.timeout(WITHIN_S):
        with caplog.at_level(logging.CRITICAL), pytest.raises(SystemExit) as ended:
            await run_operator(Watcher(()), Connection(player.url, tls=None), "watcher")

    assert ended.value.code == 1
    last = caplog.records[-1]
    assert last.levelname == "CRITICAL"
    assert "kopf cannot go on, and ends the process, which is to be started again" in last.getMessage()
    assert "etcdserver: no leader" in last.getMessage()


def _with(page: Exchange, metadata: Body) -> Exchange:
    """Give a page whose first TrainJob has more metadata."""
    [first, *rest] = page.answer["items"]
    changed = first | {"metadata": first["metadata"] | metadata}
    assert page.path == TRAINJOBS.path(None)
    return replace(page, answer=page.answer | {"items": [changed, *rest]})
