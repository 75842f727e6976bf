"""Who asked the API server for what, out of its audit log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

_QUIET_FOR = timedelta(seconds=2)
_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was answered; a watch counts when it begins."""

    user: str
    verb: str
    resource: str
    """Plural; the path for what is no resource."""
    subresource: str
    namespace: str
    name: str
    code: int
    at: datetime

    @property
    def what(self) -> str:
        """Verb and resource, with the subresource after a slash."""
        return f"{self.verb} {'/'.join(filter(None, (self.resource, self.subresource)))}"

    @property
    def is_about_the_lease(self) -> bool:
        """Tell whether it is for leader election."""
        return self.resource == "leases"

    @property
    def is_write(self) -> bool:
        """Tell whether it changes something other than the Lease."""
        return self.verb in _WRITES and not self.is_about_the_lease

    def __str__(self) -> str:
        return f"{self.what} {self.namespace}/{self.name} -> {self.code}"


class Audit:
    """The requests of users whose name begins in a certain way, from when this was made."""

    def __init__(self, log: Path, users: str) -> None:
        self._log = log
        self._users = users
        self._start = log.stat().st_size

    def requests(self) -> list[Request]:
        """Give those that were answered by now, in the order in which they came."""
        needle = f'"username":"{self._users}'.encode()
        with self._log.open("rb") as log:
            log.seek(self._start)
            return sorted(parse(line for line in log if needle in line), key=lambda request: request.at)

    def writes(self) -> list[Request]:
        """Give those that changed something, or tried to."""
        return [request for request in self.requests() if request.is_write]

    def is_quiet(self) -> bool:
        """Tell whether what a start asks for has been asked: for two seconds only watches and the Lease's."""
        asked = [each.at for each in self.requests() if each.verb != "watch" and not each.is_about_the_lease]
        return bool(asked) and datetime.now(UTC) - max(asked) > _QUIET_FOR


def parse(lines: Iterable[bytes]) -> Iterator[Request]:
    """Yield the requests; a line that is still being written is left out, and so is the end of a watch."""
    for line in lines:
        if not line.endswith(b"\n"):
            continue
        event = orjson.loads(line)
        if event["stage"] != ("ResponseStarted" if event["verb"] == "watch" else "ResponseComplete"):
            continue
        target = event.get("objectRef") or {"resource": event["requestURI"].partition("?")[0]}
        yield Request(
            user=event["user"]["username"],
            verb=event["verb"],
            resource=target.get("resource", ""),
            subresource=target.get("subresource", ""),
            namespace=target.get("namespace", ""),
            name=target.get("name", ""),
            code=event["responseStatus"]["code"],
            at=datetime.fromisoformat(event["requestReceivedTimestamp"]),
        )
