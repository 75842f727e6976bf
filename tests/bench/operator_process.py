"""The operator as a process of this machine, with the rights of its ServiceAccount and no others."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from tests.bench.errors import BenchError
from tests.devcluster import Cluster
from tests.devcluster.longrun import tail

NAMESPACE = "trainjob-operator-system"
ACCOUNT = "trainjob-operator"
USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
_WITHIN_S = 60.0
_POLL_S = 0.02


@dataclass(slots=True)
class OperatorProcess:
    """A running operator."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @classmethod
    def start(cls, cluster: Cluster) -> "OperatorProcess":
        """Start it; it does not outlive the thread that calls this."""
        log = cluster.spec.state / "logs" / "operator.log"
        port = _free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(_kubeconfig(cluster)),
            "POD_NAMESPACE": NAMESPACE,
            "POD_NAME": "bench",
            "TRAINJOB_OPERATOR_CERTIFICATES": "none",
            "TRAINJOB_OPERATOR_HTTP_HOST": "127.0.0.1",
            "TRAINJOB_OPERATOR_HTTP_PORT": str(port),
        }
        argv = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "trainjob_operator", "run"]
        with log.open("ab") as output:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True
            )
        return cls(process, port, log)

    @property
    def pid(self) -> int:
        """Its process number."""
        return self.process.pid

    def await_leading(self) -> None:
        """Wait until its caches are filled and it holds the Lease.

        Raises:
            BenchError: it ended, or it takes too long.
        """
        deadline = time.monotonic() + _WITHIN_S
        while not self._is_leading():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"the operator does not get to work; the end of its log:\n{tail(self.log)}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Ask it to end, and wait for that.

        Raises:
            BenchError: it takes too long, or it had ended before.
        """
        if self.process.poll() is not None:
            raise BenchError(f"the operator has ended by itself; the end of its log:\n{tail(self.log)}")
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise BenchError(f"the operator does not end; the end of its log:\n{tail(self.log)}") from None

    def _is_leading(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as page:
                return b"\ntrainjob_operator_leader 1.0" in page.read()
        except (URLError, OSError):
            return False


def _kubeconfig(cluster: Cluster) -> Path:
    """Write the administrator's kubeconfig with a token of the ServiceAccount in the place of his certificate."""
    path = cluster.spec.kubeconfig(ACCOUNT)
    if not path.exists():
        token = cluster.kubectl("create", "token", ACCOUNT, f"--namespace={NAMESPACE}", "--duration=24h").strip()
        config = yaml.safe_load(cluster.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": token}
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(config))
    return path


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
