"""The operator, forked from a process that has imported it: most of what a start costs is the import."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tests.devcluster.cache import ROOT

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["__main__", "trainjob_operator.cli.app", "trainjob_operator.controller.process", __name__]
)
_PR_SET_PDEATHSIG = 1


class ForkedOperator:
    """An operator that runs, with the part of `subprocess.Popen` that its keeper uses.

    It ends with the process that it was forked from, which ends with us.
    """

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._process: ForkServerProcess = _CONTEXT.Process(target=_run, args=(dict(environment), log), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Give its exit code, the negative number of the signal that ended it, or None as long as it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, for `timeout` seconds at most; raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("trainjob-operator run", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it as a power cut would; no waiting."""
        self.send_signal(signal.SIGKILL)


def _run(environment: dict[str, str], log: Path) -> None:
    """Become the operator: what a program of its own would find, and nothing of ours."""
    from trainjob_operator.cli.app import main  # noqa: PLC0415 - here it is imported already

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()  # Ctrl-C is for us
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.exit(main(["run"]))
