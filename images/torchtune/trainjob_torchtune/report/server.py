"""Where the operator takes reports, as the pod was told: an address, whom to trust, and a token that is renewed."""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trainjob_contract.environment import SERVER_CA_CERT, SERVER_TOKEN, SERVER_URL
from trainjob_contract.progress import LEAST_SECONDS, MOST_SECONDS, NEXT_REPORT

_TIMEOUT = 5.0
_LARGEST = 64 * 1024
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """A report was taken; the next is welcome in so many seconds."""

    next_seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A report was not taken: why, and in how many seconds one may be, if that was said."""

    why: str
    retry_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Server:
    """The address in parts, and the files; they are read for each report, because both change."""

    host: str
    port: int
    path: str
    ca: Path
    token: Path

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> "Server | None":
        """Return what the environment says; None without all of it, or if it is no https."""
        url, ca, token = (environment.get(name, "") for name in (SERVER_URL, SERVER_CA_CERT, SERVER_TOKEN))
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return None
        if parts.scheme != "https" or not (parts.hostname and ca and token):
            return None
        return cls(parts.hostname, port or 443, parts.path or "/", Path(ca), Path(token))

    def post(self, report: Mapping[str, Any]) -> Taken | Refused:
        """Send a report; whatever comes between is an answer, too.

        No proxy is asked: the operator is in the same cluster.
        """
        try:
            return self._post(json.dumps(report).encode())
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Refused(f"{type(error).__name__}: {error}"[:_SHOWN])

    def _post(self, body: bytes) -> Taken | Refused:
        trust = ssl.create_default_context(cafile=str(self.ca))
        headers = {"Authorization": f"Bearer {self.token.read_text().strip()}", "Content-Type": "application/json"}
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=_TIMEOUT, context=trust)
        try:
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read(_LARGEST)
        finally:
            connection.close()
        if answer.status == http.HTTPStatus.OK:
            return Taken(_seconds(answer.getheader(NEXT_REPORT)) or LEAST_SECONDS)
        return Refused(f"{answer.status} {_message(content)}"[:_SHOWN], _seconds(answer.getheader("Retry-After")))


def _seconds(text: str | None) -> float:
    is_number = text is not None and text.isascii() and text.isdecimal()
    return min(MOST_SECONDS, float(text)) if is_number and text is not None else 0.0


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content[:_SHOWN].decode(errors="replace")
