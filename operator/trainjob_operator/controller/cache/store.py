"""What is known of the cluster: the newest summary of each object, by the TrainJob that it belongs to.

Three rules keep it right although several hands write to it (watch, list, kopf, answers to our own writes):
an object is never replaced by an older version of itself (resourceVersions of a kind are ordered integers);
the answer to a write is believed only if the watch has not got past it, or else it could bring back what is gone;
a new list drops what it does not contain, but not what is newer than the list.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from trainjob_operator.controller.kube.client import Body

T = TypeVar("T")


class Key(NamedTuple):
    """A TrainJob's name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    uid: str
    version: int
    owner: Key
    value: T
    revise: Callable[[T], T] | None = None


class Store(Generic[T]):
    """The objects of one kind.

    Args:
        summarize: turns a body into what is kept of it; equal summaries are no change.
        owner_of: names the TrainJob that a body belongs to.
        changed: is told each TrainJob of which something changed, with the object before (None: it is new) and after
            (None: it is gone).
    """

    def __init__(
        self,
        summarize: Callable[[Body], T],
        owner_of: Callable[[Body], str],
        changed: Callable[[Key, T | None, T | None], None],
    ) -> None:
        self._summarize = summarize
        self._owner_of = owner_of
        self._changed = changed
        self._entries: dict[tuple[str, str], _Entry[T]] = {}
        self._families: dict[Key, dict[str, T]] = {}
        self._seen: dict[str | None, int] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, namespace: str, name: str) -> T | None:
        """Give an object by its own name."""
        entry = self._entries.get((namespace, name))
        return entry.value if entry is not None else None

    def owner(self, namespace: str, name: str) -> Key | None:
        """Give the TrainJob that an object belongs to, by the object's own name."""
        entry = self._entries.get((namespace, name))
        return entry.owner if entry is not None else None

    def uid(self, namespace: str, name: str) -> str | None:
        """Give the UID of an object by its own name."""
        entry = self._entries.get((namespace, name))
        return entry.uid if entry is not None else None

    def of(self, owner: Key) -> tuple[T, ...]:
        """Give all objects of a TrainJob."""
        return tuple(self._families.get(owner, {}).values())

    def owners(self) -> tuple[Key, ...]:
        """Give all TrainJobs that have objects here."""
        return tuple(self._families)

    def put(self, body: Body) -> None:
        """Take a body that a watch or a list brought."""
        namespace, name, version = _identify(body)
        known = self._entries.get((namespace, name))
        if known is not None and known.version >= version:
            return
        value, revise = self._summarize(body), known.revise if known is not None else None
        if revise is not None:
            value = revise(value)
        entry = _Entry(body["metadata"]["uid"], version, Key(namespace, self._owner_of(body)), value, revise)
        self._entries[namespace, name] = entry
        if known is not None and known.owner != entry.owner:
            self._remove_from_family(known.owner, name)
        self._families.setdefault(entry.owner, {})[name] = entry.value
        before = known.value if known is not None else None
        if before != entry.value:
            self._changed(entry.owner, before, entry.value)

    def echo(self, body: Body) -> None:
        """Take a body that answered a request of our own."""
        namespace, _, version = _identify(body)
        if version > max(self._seen.get(namespace, 0), self._seen.get(None, 0)):
            self.put(body)

    def update(self, body: Body) -> None:
        """Take a newer version of an object that is still known."""
        namespace, name, _ = _identify(body)
        if (namespace, name) in self._entries:
            self.put(body)

    def revise(self, namespace: str, name: str, revise: Callable[[T], T]) -> None:
        """Change what is known of an object, and what the watch tells of it later, until it is gone."""
        entry = self._entries.get((namespace, name))
        if entry is not None:
            value = revise(entry.value)
            self._entries[namespace, name] = replace(entry, value=value, revise=revise)
            self._families[entry.owner][name] = value

    def drop(self, body: Body) -> None:
        """Forget a deleted object, unless another one has its name by now, or it is known to be there since."""
        namespace, name, version = _identify(body)
        known = self._entries.get((namespace, name))
        if known is not None and known.uid == body["metadata"]["uid"] and known.version <= version:
            self._forget(namespace, name, known)

    def advance(self, namespace: str | None, version: int) -> None:
        """Note that everything up to this resourceVersion was seen."""
        self._seen[namespace] = max(version, self._seen.get(namespace, 0))

    def prune(self, namespace: str | None, found: set[tuple[str, str]], version: int) -> None:
        """Forget what is older than a list of this resourceVersion and was not found in it."""
        for (where, name), entry in list(self._entries.items()):
            if namespace in {None, where} and entry.version <= version and (where, name) not in found:
                self._forget(where, name, entry)

    def _forget(self, namespace: str, name: str, entry: _Entry[T]) -> None:
        del self._entries[namespace, name]
        self._remove_from_family(entry.owner, name)
        self._changed(entry.owner, entry.value, None)

    def _remove_from_family(self, owner: Key, name: str) -> None:
        family = self._families[owner]
        del family[name]
        if not family:
            del self._families[owner]


def _identify(body: Body) -> tuple[str, str, int]:
    metadata = body["metadata"]
    return metadata.get("namespace", ""), metadata["name"], int(metadata["resourceVersion"])
