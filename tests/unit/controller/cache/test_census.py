from collections.abc import Iterator

import pytest
from tests.factories.bodies import Body, body
from tests.recordings.exchange import Exchange, load
from tests.recordings.player import Player

from trainjob_operator.controller.cache.census import Census
from trainjob_operator.controller.cache.store import Key, Store
from trainjob_operator.controller.kube.connection import Connection, FixedToken
from trainjob_operator.controller.kube.resources import TRAINJOBS
from trainjob_operator.controller.kube.session import open_session
from trainjob_operator.controller.telemetry.metrics import Metrics

UNKEEPABLE = "stays"


class Kept:
    """A census over a store of UIDs, which chokes on one name if it is told to."""

    def __init__(self, *namespaces: str, chokes: bool = False) -> None:
        self._chokes = chokes
        self.store = Store[str](self._uid, lambda told: str(told["metadata"]["name"]), lambda *_: None)
        self.census = Census(self.store, namespaces, Metrics())

    def names(self) -> list[str]:
        return sorted(str(key) for key in self.store.owners())

    def _uid(self, told: Body) -> str:
        if self._chokes and told["metadata"]["name"] == UNKEEPABLE:
            raise ValueError(UNKEEPABLE)
        return str(told["metadata"]["uid"])


def lists(name: str) -> list[Exchange]:
    """Give the pages of the lists of TrainJobs in a recording."""
    return [each for each in load(name) if each.path.endswith("/trainjobs") and not each.is_watch]


def pages_of(path: str, pages: list[Exchange]) -> Iterator[Exchange]:
    """Give the pages of the first list of a path."""
    for page in (each for each in pages if each.path == path):
        yield page
        if not page.answer["metadata"].get("continue"):
            return


async def read(census: Census, pages: list[Exchange], token: str = "") -> None:
    """Have pages read as kopf reads them."""
    async with Player(pages) as player:
        connection = Connection(player.url, tls=None, token=FixedToken(token) if token else None)
        async with open_session(connection, 0, census.follow) as session:
            for page in pages:
                async with session.get(player.url + page.path, params=page.query) as response:
                    assert await response.json() == page.answer


def tell(census: Census, pages: list[Exchange]) -> None:
    """Tell of everything that was listed."""
    for page in pages:
        for item in page.answer["items"]:
            census.take(None, item)


@pytest.fixture
def everywhere() -> list[Exchange]:
    """The first list of a recording of all namespaces: five TrainJobs on three pages."""
    pages = list(pages_of(TRAINJOBS.path(None), lists("everywhere")))
    assert [len(page.answer["items"]) for page in pages] == [2, 2, 1]
    return pages


@pytest.mark.parametrize("token", ["", "secret"])
async def test_it_is_synced_when_all_pages_were_read_and_all_of_them_told(
    everywhere: list[Exchange], token: str
) -> None:
    kept = Kept()
    await read(kept.census, everywhere[:-1], token)
    tell(kept.census, everywhere[:-1])
    assert not kept.census.synced.is_set()

    await read(kept.census, everywhere[-1:], token)
    assert not kept.census.synced.is_set()

    tell(kept.census, everywhere[-1:])
    assert kept.census.synced.is_set()
    assert len(kept.names()) == 5


async def test_with_no_trainjob_it_is_synced_at_once(everywhere: list[Exchange]) -> None:
    kept = Kept()
    last = everywhere[-1].answer
    empty = Exchange(TRAINJOBS.path(None), {"limit": "500"}, last | {"items": []})

    await read(kept.census, [empty])

    assert kept.census.synced.is_set()


async def test_every_namespace_that_is_served_has_a_list_of_its_own() -> None:
    kept = Kept("team", "other")
    for namespace in ("team", "other"):
        pages = list(pages_of(TRAINJOBS.path(namespace), lists("gap")))
        await read(kept.census, pages)
        assert not kept.census.synced.is_set()
        tell(kept.census, pages)

    assert kept.census.synced.is_set()


async def test_one_that_cannot_be_kept_does_not_hold_up_the_others(everywhere: list[Exchange]) -> None:
    kept = Kept(chokes=True)
    await read(kept.census, everywhere)
    choked = 0
    for item in (item for page in everywhere for item in page.answer["items"]):
        try:
            kept.census.take(None, item)
        except ValueError:
            choked += 1

    assert choked == 1
    assert kept.census.synced.is_set()
    assert len(kept.names()) == 4


async def test_one_that_is_gone_before_the_watch_begins_is_not_waited_for(everywhere: list[Exchange]) -> None:
    kept = Kept()
    await read(kept.census, everywhere)
    [first, *rest] = [item for page in everywhere for item in page.answer["items"]]
    for item in rest:
        kept.census.take(None, item)

    kept.census.take("DELETED", _later(first))

    assert kept.census.synced.is_set()
    assert len(kept.names()) == 4


async def test_a_list_that_was_broken_off_begins_anew(everywhere: list[Exchange]) -> None:
    kept = Kept()
    await read(kept.census, everywhere[:2])
    await read(kept.census, everywhere)
    tell(kept.census, everywhere)

    assert kept.census.synced.is_set()


async def test_another_list_forgets_what_is_in_none_of_its_pages(everywhere: list[Exchange]) -> None:
    kept = Kept()
    lost = body("lost", 1, namespace="elsewhere")
    kept.census.take("ADDED", lost)

    await read(kept.census, everywhere)

    assert kept.names() == []


async def test_news_of_before_a_list_do_not_bring_back_what_it_does_not_contain(everywhere: list[Exchange]) -> None:
    kept = Kept()
    await read(kept.census, everywhere)
    tell(kept.census, everywhere)

    kept.census.take("MODIFIED", body("lost", 1, namespace="elsewhere"))
    assert len(kept.names()) == 5

    new = int(everywhere[-1].answer["metadata"]["resourceVersion"]) + 1
    kept.census.take("ADDED", body("new", new, namespace="elsewhere"))
    assert len(kept.names()) == 6


async def test_the_late_end_of_one_spares_another_of_its_name() -> None:
    kept = Kept()
    first, second = body("tune", 5, uid="first"), body("tune", 9, uid="second")
    kept.census.take("ADDED", first)
    kept.census.take("ADDED", second)

    kept.census.take("DELETED", _later(first))

    assert kept.store.of(Key("team", "tune")) == ("second",)


async def test_what_we_wrote_is_not_undone_by_what_kopf_tells_late() -> None:
    kept = Kept()
    kept.census.take("ADDED", body("tune", 5, uid="first"))
    kept.store.update(body("tune", 8, uid="ours"))

    kept.census.take("MODIFIED", body("tune", 7, uid="first"))

    assert kept.store.of(Key("team", "tune")) == ("ours",)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        pytest.param("/apis/trainer.kubeflow.org/v1alpha1/trainingruntimes", {}, id="another kind"),
        pytest.param(TRAINJOBS.path("elsewhere"), {}, id="another namespace"),
    ],
)
async def test_other_lists_are_left_alone(everywhere: list[Exchange], path: str, query: dict[str, str]) -> None:
    kept = Kept("team")
    kept.census.take("ADDED", body("tune", 1))

    await read(kept.census, [Exchange(path, query, everywhere[-1].answer | {"items": []})])

    assert kept.names() == ["team/tune"]


def _later(told: Body) -> Body:
    """Give the body with which its end is told."""
    version = int(told["metadata"]["resourceVersion"]) + 1
    return told | {"metadata": told["metadata"] | {"resourceVersion": str(version)}}
