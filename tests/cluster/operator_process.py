"""One replica of the operator as a process of this machine."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.waiting import eventually
from tests.devcluster.cache import ROOT

_READY_WITHIN_S = 60.0
_ENDS_WITHIN_S = 30.0
_ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")  # however the tests end; setpriv becomes the operator

_CODE = ROOT / "operator"  # of this checkout, wherever the environment's was installed from


class OperatorProcess:
    """A replica that can be started, stopped, killed, frozen and started again; its log goes on in one file.

    It ends with the thread that started it.
    """

    def __init__(self, settings: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._port = _free_port()
        self._environment = {
            "PATH": os.environ["PATH"],
            "TRAINJOB_OPERATOR_HTTP_HOST": "127.0.0.1",
            "TRAINJOB_OPERATOR_HTTP_PORT": str(self._port),
            **{f"TRAINJOB_OPERATOR_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_ENDS_WITH_US, sys.executable, "-m", "trainjob_operator", "run"],
                cwd=_CODE,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def await_ready(self) -> None:
        """Wait until its caches are filled."""
        eventually(self._is_ready, within_s=_READY_WITHIN_S, every_s=0.05)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._signal(signal.SIGTERM)
        assert self.end() == 0, f"it did not end well:\n{self.log.read_text()}"

    def kill(self) -> None:
        """Kill it as a power cut would; no waiting."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> int:
        """Wait for its end and return its exit code."""
        assert self._process is not None
        return self._process.wait(_ENDS_WITHIN_S)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def destroy(self) -> None:
        """Make sure that nothing of it runs any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _is_ready(self) -> bool:
        assert self.is_running(), f"the operator has ended:\n{self.log.read_text()}"
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()


def _free_port() -> int:
    """Find a port; those that were given last are not given again soon."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
