"""A request that was made to the real API server, and its answer, as a line of JSON in a file of this folder."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

_FOLDER = Path(__file__).parent
_WATCHES = "watch"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A GET and its answer, which was no error.

    Attributes:
        answer: the body; of a watch its events in their order.
        is_over: the API server ended the answer; otherwise the connection was cut, or nothing more happened.
    """

    path: str
    query: Mapping[str, str]
    answer: Any
    is_over: bool = True

    @property
    def is_watch(self) -> bool:
        """Whether the answer is a stream of events."""
        return _WATCHES in self.query

    def fits(self, path: str, query: Mapping[str, str]) -> bool:
        """Tell whether this is what is asked for, whatever the size of the page and the version to begin with."""
        return (path, _kind(query)) == (self.path, _kind(self.query))


def load(name: str) -> list[Exchange]:
    """Read a recording, in the order of its requests."""
    return [Exchange(**orjson.loads(line)) for line in (_FOLDER / f"{name}.jsonl").read_bytes().splitlines()]


def save(name: str, exchanges: Iterable[Exchange]) -> None:
    """Write a recording."""
    (_FOLDER / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(asdict(each)) + b"\n" for each in exchanges))


def _kind(query: Mapping[str, str]) -> tuple[bool, str]:
    return _WATCHES in query, query.get("continue", "")
