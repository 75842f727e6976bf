"""Takes a trainer's reports over https on the loopback, as the operator's endpoint does, and keeps them."""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from trainjob_contract.environment import SERVER_CA_CERT, SERVER_TOKEN, SERVER_URL
from trainjob_contract.progress import NEXT_REPORT
from trainjob_operator.controller.tls.certificates import Lifetimes, create

PATH = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/team/trainjobs/tune/status"
_LIFETIMES = Lifetimes(timedelta(days=2), timedelta(days=1))
_PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Received:
    """A report, and what it was sent with."""

    path: str
    authorization: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers, and a body."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {NEXT_REPORT: "1"})
    body: bytes = b"{}"


class ReportServer:
    """Answers each report with what `answer` gives; `folder` gets the CA's certificate and a token."""

    def __init__(self, folder: Path, answer: Callable[[], Answer] = Answer) -> None:
        credentials = create(["localhost"], datetime.now(UTC), _LIFETIMES)
        self.ca, self.token = folder / "ca.crt", folder / "token"
        self.ca.write_text(credentials.authorities)
        self.token.write_text("first\n")
        chain = folder / "tls.pem"
        chain.write_text(credentials.certificate + credentials.key)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(chain)
        self.answer = answer
        self.received: list[Received] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def environment(self) -> dict[str, str]:
        """What a pod is told."""
        url = f"https://localhost:{self._server.server_address[1]}{PATH}"
        return {SERVER_URL: url, SERVER_CA_CERT: str(self.ca), SERVER_TOKEN: str(self.token)}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, received: Received) -> Answer:
        with self._changed:
            self.received.append(received)
            self._changed.notify_all()
        return self.answer()

    def wait_for(self, count: int) -> list[Mapping[str, Any]]:
        """Return the reports as soon as there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.received) >= count, _PATIENCE_SECONDS), self.received
            return [one.content for one in self.received]


def _handler(server: ReportServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = server.take(Received(self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
