import pytest
from tests.factories.bodies import Body, body

from trainjob_operator.controller.cache.store import Key, Store

TUNE = Key("team", "tune")


class Names:
    """A store of words, and what it told of."""

    def __init__(self) -> None:
        self.changed: list[Key] = []
        self.changes: list[tuple[str | None, str | None]] = []
        self.store = Store[str](lambda b: b.get("word", ""), lambda b: b["owner"], self._note)

    def _note(self, owner: Key, before: str | None, after: str | None) -> None:
        self.changed.append(owner)
        self.changes.append((before, after))

    def words(self, owner: Key = TUNE) -> list[str]:
        return sorted(self.store.of(owner))


@pytest.fixture
def names() -> Names:
    return Names()


def thing(name: str, version: int, word: str = "x", owner: str = "tune", namespace: str = "team") -> Body:
    return body(name, version, namespace=namespace) | {"word": word, "owner": owner}


def test_objects_are_found_by_owner_and_by_name(names: Names) -> None:
    names.store.put(thing("a", 1, "one"))
    names.store.put(thing("b", 2, "two"))
    names.store.put(thing("c", 3, "three", owner="other"))

    assert names.words() == ["one", "two"]
    assert names.store.get("team", "c") == "three"
    assert names.store.owner("team", "c") == Key("team", "other")
    assert names.store.uid("team", "c") == "uid-of-c"
    assert (names.store.owner("team", "d"), names.store.uid("team", "d")) == (None, None)
    assert names.store.get("elsewhere", "c") is None
    assert len(names.store) == 3


def test_an_older_version_changes_nothing(names: Names) -> None:
    names.store.put(thing("a", 10, "new"))
    names.store.put(thing("a", 9, "old"))

    assert names.words() == ["new"]
    assert names.changed == [TUNE]


def test_versions_are_numbers_not_text(names: Names) -> None:
    names.store.put(thing("a", 9, "old"))
    names.store.put(thing("a", 10, "new"))

    assert names.words() == ["new"]


def test_a_change_comes_with_what_was_and_what_is(names: Names) -> None:
    names.store.put(thing("a", 1, "one"))
    names.store.put(thing("a", 2, "two"))
    names.store.drop(thing("a", 3))

    assert names.changes == [(None, "one"), ("one", "two"), ("two", None)]


def test_an_equal_summary_wakes_nobody(names: Names) -> None:
    names.store.put(thing("a", 1))
    names.store.put(thing("a", 2))

    assert names.changed == [TUNE]


def test_a_new_owner_takes_over(names: Names) -> None:
    names.store.put(thing("a", 1))
    names.store.put(thing("a", 2, owner="other"))

    assert names.words() == []
    assert names.store.of(Key("team", "other")) == ("x",)


def test_an_echo_is_there_before_the_watch_tells(names: Names) -> None:
    names.store.advance(None, 5)
    names.store.echo(thing("a", 6))

    assert names.words() == ["x"]


def test_an_echo_does_not_bring_back_what_the_watch_saw_deleted(names: Names) -> None:
    names.store.put(thing("a", 6))
    names.store.drop(thing("a", 7))
    names.store.advance(None, 7)
    names.store.echo(thing("a", 6))

    assert names.words() == []


def test_the_watch_of_another_namespace_says_nothing_about_an_echo(names: Names) -> None:
    names.store.advance("elsewhere", 9)
    names.store.echo(thing("a", 6))

    assert names.words() == ["x"]


def test_a_late_delete_spares_the_object_that_was_made_since(names: Names) -> None:
    names.store.put(thing("a", 6, "old"))
    names.store.echo(thing("a", 9, "new"))
    names.store.drop(thing("a", 8, "old"))

    assert names.words() == ["new"]


def test_the_delete_of_another_object_of_the_name_is_no_delete_of_this(names: Names) -> None:
    names.store.put(thing("a", 6, "new"))
    another = thing("a", 8, "old")
    another["metadata"]["uid"] = "uid-of-another"
    names.store.drop(another)

    assert names.words() == ["new"]


def test_a_delete_wakes_the_owner(names: Names) -> None:
    names.store.put(thing("a", 1))
    names.store.drop(thing("a", 2))

    assert names.changed == [TUNE, TUNE]
    assert names.store.owners() == ()


def test_an_update_needs_something_to_update(names: Names) -> None:
    names.store.update(thing("a", 1))
    assert names.words() == []

    names.store.put(thing("a", 1, "old"))
    names.store.update(thing("a", 2, "new"))
    assert names.words() == ["new"]


def test_a_list_drops_what_it_does_not_contain(names: Names) -> None:
    names.store.put(thing("there", 1, "there"))
    names.store.put(thing("gone", 2, "gone"))
    names.store.prune(None, {("team", "there")}, 5)

    assert names.words() == ["there"]
    assert names.changed[2:] == [TUNE]


def test_a_list_spares_what_is_newer(names: Names) -> None:
    names.store.echo(thing("a", 6))
    names.store.prune(None, set(), 5)

    assert names.words() == ["x"]


def test_a_list_of_one_namespace_says_nothing_about_others(names: Names) -> None:
    names.store.put(thing("a", 1))
    names.store.prune("elsewhere", set(), 5)

    assert names.words() == ["x"]


def test_a_revision_lasts_until_the_object_is_gone(names: Names) -> None:
    names.store.put(thing("a", 1, "seen"))
    names.store.revise("team", "a", lambda word: f"{word}, deleting")
    assert names.words() == ["seen, deleting"]
    names.store.put(thing("a", 2, "seen late"))
    assert names.words() == ["seen late, deleting"]

    names.store.drop(thing("a", 3))
    names.store.put(thing("a", 4, "another"))
    assert names.words() == ["another"]
