"""What the API server's audit log tells of who asked for what."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was answered; a watch counts when it begins."""

    user: str
    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    at: datetime

    @property
    def is_about_the_lease(self) -> bool:
        return self.resource == "leases"

    @property
    def is_write(self) -> bool:
        """Tell whether it changes something other than the Lease."""
        return self.verb in _WRITES and not self.is_about_the_lease

    def __str__(self) -> str:
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return f"{self.verb} {resource} {self.namespace}/{self.name} -> {self.code}"


class Audit:
    """The requests of users whose name begins in a certain way, from when this was made."""

    def __init__(self, log: Path, users: str) -> None:
        self._log = log
        self._users = users
        self._start = log.stat().st_size

    def requests(self) -> list[Request]:
        return sorted(self._read(), key=lambda request: request.at)

    def writes(self) -> list[Request]:
        return [request for request in self.requests() if request.is_write]

    def _read(self) -> Iterator[Request]:
        needle = f'"username":"{self._users}'.encode()
        with self._log.open("rb") as log:
            log.seek(self._start)
            for line in log:
                if needle in line and line.endswith(b"\n"):
                    event = json.loads(line)
                    if event["stage"] == ("ResponseStarted" if event["verb"] == "watch" else "ResponseComplete"):
                        yield _request(event)


def _request(event: dict[str, object]) -> Request:
    reference, status, user = event.get("objectRef"), event.get("responseStatus"), event["user"]
    about = reference if isinstance(reference, dict) else {}
    assert isinstance(status, dict)
    assert isinstance(user, dict)
    return Request(
        user=user["username"],
        verb=str(event["verb"]),
        resource=about.get("resource", ""),
        subresource=about.get("subresource", ""),
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        code=status["code"],
        at=datetime.fromisoformat(str(event["requestReceivedTimestamp"])),
    )
