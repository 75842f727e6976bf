"""Processes of this machine, told apart from later ones with the same number."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster.errors import DevclusterError

_ENDS_WITHIN_S = 30.0
_PARENT, _START_TIME = 1, 19  # fields of /proc/PID/stat after the program's name


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its number and the time of its start."""

    pid: int
    started: str

    def is_alive(self) -> bool:
        """Tell whether it still runs; one that only waits to be reaped does not."""
        stat = _stat(self.pid)
        return stat is not None and stat[_START_TIME] == self.started and stat[0] != "Z"

    def kill(self) -> None:
        """Kill it and wait for its end; for PID 1 of a PID namespace that is the end of all processes in it."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)
        deadline = time.monotonic() + _ENDS_WITHIN_S
        while self.is_alive():
            if time.monotonic() > deadline:
                raise DevclusterError(f"process {self.pid} does not end")
            time.sleep(0.05)


def process(pid: int) -> Process | None:
    """Return the process that has this number now."""
    stat = _stat(pid)
    return None if stat is None else Process(pid, stat[_START_TIME])


def child_of(pid: int, within_s: float = 10.0) -> Process:
    """Return the one child of a process as soon as there is one."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        for path in Path("/proc").glob("[0-9]*"):
            stat = _stat(int(path.name))
            if stat is not None and stat[_PARENT] == str(pid):
                return Process(int(path.name), stat[_START_TIME])
        time.sleep(0.02)
    raise DevclusterError(f"process {pid} started nothing")


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
