"""The operator as a process of this machine, beside a cluster and with no more rights there than it is given."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path

import yaml

from tests.devcluster.cache import ROOT
from tests.devcluster.cluster import Cluster
from tests.devcluster.errors import DevclusterError
from tests.devcluster.forked import ForkedOperator
from tests.devcluster.longrun import tail
from tests.devcluster.port import Port

_WITHIN_S = 180.0
_POLL_S = 0.02
_ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")  # however we end; setpriv becomes the operator


class OperatorProcess:
    """A replica that can be started, stopped, killed, frozen and started again; its log goes on in one file.

    It ends with the thread that started it. `settings` are the operator's, by their names in lower case; `python` is
    one that has the packages of the operator's image. One that `is_forked` is forked from a process that has imported
    the operator: where it is started hundreds of times.
    """

    def __init__(
        self, settings: Mapping[str, str], log: Path, python: Path = Path(sys.executable), *, is_forked: bool = False
    ) -> None:
        self.log = log
        self._python = python
        self._is_forked = is_forked
        self._host = settings.get("http_host", "127.0.0.1")
        self._port = Port(self._host)
        known = {**settings, "http_host": self._host, "http_port": str(self._port.number)}
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "operator"),  # which checkout's operator it is
            **{f"TRAINJOB_OPERATOR_{name.upper()}": value for name, value in known.items()},
        }
        self._process: subprocess.Popen[bytes] | ForkedOperator | None = None

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._running().pid

    def start(self) -> None:
        """Start it, and do not wait."""
        if self._is_forked:
            self._process = ForkedOperator(self._environment, self.log)
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_ENDS_WITH_US, self._python, "-m", "trainjob_operator", "run"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us
            )

    def await_ready(self) -> None:
        """Wait until its caches are filled."""
        self._await(lambda: self._ask("/readyz") is not None)

    def await_leading(self) -> None:
        """Wait until its caches are filled and it holds the Lease; a page of metrics costs it 3 ms."""
        self.await_ready()
        self._await(lambda: "\ntrainjob_operator_leader 1.0" in self.metrics())

    def metrics(self) -> str:
        """Read its metrics; empty if it does not answer."""
        return (self._ask("/metrics") or b"").decode()

    def readiness(self) -> tuple[int, str]:
        """Ask whether it is ready; 0 if it does not answer."""
        status, answer = self._send("/readyz")
        return status, answer.decode().strip()

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._signal(signal.SIGTERM)
        if self.end() != 0:
            raise DevclusterError(f"the operator did not end well; the end of its log:\n{tail(self.log)}")

    def kill(self) -> None:
        """Kill it as a power cut would; no waiting."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop its time."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its time go on."""
        self._signal(signal.SIGCONT)

    def end(self) -> int:
        """Wait for its end and return its exit code."""
        return self._running().wait(_WITHIN_S)

    def is_running(self) -> bool:
        """Tell whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def destroy(self) -> None:
        """Make sure that nothing of it runs any more, nor will."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._port.close()

    def _running(self) -> subprocess.Popen[bytes] | ForkedOperator:
        assert self._process is not None
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        self._running().send_signal(number)

    def _await(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _WITHIN_S
        while not is_so():
            if not self.is_running() or time.monotonic() > deadline:
                raise DevclusterError(f"the operator does not get to work; the end of its log:\n{tail(self.log)}")
            time.sleep(_POLL_S)

    def _ask(self, path: str) -> bytes | None:
        status, answer = self._send(path)
        return answer if status == HTTPStatus.OK else None

    def _send(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, self._port.number, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()


def write_kubeconfig(path: Path, cluster: Cluster, token: str, server: str | None = None) -> None:
    """Write a kubeconfig with a token and no other credentials; `server` is what stands in front of the API server."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    if server is not None:
        config["clusters"][0]["cluster"]["server"] = server
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config))
