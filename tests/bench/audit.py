"""What somebody asked of the API server, from its audit log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was answered; a watch is one from its beginning."""

    user: str
    verb: str
    resource: str
    """Plural, with the subresource after a slash; the path for what is no resource."""
    code: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Requests by verb and resource, without those for leader election."""

    counts: dict[str, int]
    refused: dict[str, int]
    leases: int

    @property
    def total(self) -> int:
        """All of them, watches too."""
        return sum(self.counts.values())

    @property
    def writes(self) -> int:
        """Those that change something."""
        return sum(count for what, count in self.counts.items() if what.split()[0] not in {"get", "list", "watch"})

    @property
    def beside_watches(self) -> int:
        """Those that are no watches."""
        return sum(count for what, count in self.counts.items() if what.split()[0] != "watch")


def parse(lines: Iterable[bytes]) -> Iterator[Request]:
    """Yield the requests; a line that is still being written is left out, and so is the end of a watch."""
    for line in lines:
        if not line.endswith(b"}\n"):
            continue
        event = orjson.loads(line)
        if event["stage"] != ("ResponseStarted" if event["verb"] == "watch" else "ResponseComplete"):
            continue
        target = event.get("objectRef")
        resource = event["requestURI"].partition("?")[0]
        if target is not None:
            resource = "/".join(filter(None, (target["resource"], target.get("subresource"))))
        yield Request(event["user"]["username"], event["verb"], resource, event["responseStatus"]["code"])


def tally(requests: Iterable[Request], user: str) -> Tally:
    """Count the requests of one user."""
    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    leases = 0
    for request in requests:
        if request.user != user:
            continue
        what = f"{request.verb} {request.resource}"
        if request.resource == "leases":
            leases += 1
        else:
            counts[what] += 1
        if request.code >= HTTPStatus.BAD_REQUEST:
            refused[f"{what}: {request.code}"] += 1
    return Tally(dict(counts.most_common()), dict(refused.most_common()), leases)


def read(path: Path, user: str, begin: int) -> Tally:
    """Count the requests of one user that were logged after so many bytes."""
    with path.open("rb") as log:
        log.seek(begin)
        return tally(parse(log), user)
