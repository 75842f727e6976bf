"""PID 1 of a PID namespace: starts programs, reaps, obeys `start NAME` and `stop NAME`, and dies of any other death."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from tests.devcluster.longrun import tail

_POLL_S = 0.2


class Supervisor:
    """The programs of one namespace; their logs, their state and the FIFO for commands lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._argv: dict[str, Sequence[str | Path]] = {}
        self._running: dict[int, str] = {}
        (folder / "logs").mkdir(exist_ok=True)
        fifo = folder / "control"
        os.mkfifo(fifo)
        self._control = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)

    def start(self, name: str, argv: Sequence[str | Path] = (), env: Mapping[str, str] | None = None) -> None:
        """Start a program; without arguments, one that was started before."""
        self._argv[name] = argv = argv or self._argv[name]
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        process.returncode = 0  # reaped by us, never by subprocess
        self._running[process.pid] = name
        self._record()

    def stop(self, name: str) -> None:
        """Kill a program, as a power cut would."""
        for pid, running in list(self._running.items()):
            if running == name:
                del self._running[pid]
                os.kill(pid, signal.SIGKILL)
        self._record()

    def log(self, name: str) -> Path:
        """Return where a program's output goes."""
        return self._folder / "logs" / f"{name}.log"

    def poll(self) -> None:
        """Wait a moment; reap what ended, carry out the commands that came."""
        readable, _, _ = select.select([self._control], [], [], _POLL_S)
        if readable:
            for line in os.read(self._control, 65536).decode().splitlines():
                verb, name = line.split()
                {"start": self.start, "stop": self.stop}[verb](name)
        self._reap()

    def wait(self, condition: Callable[[], bool], what: str, limit_s: float = 180.0) -> None:
        """Poll until the condition holds; fail if it does not within the limit."""
        deadline = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"{what} took more than {limit_s:.0f} s; the logs are in {self._folder / 'logs'}")
            self.poll()

    def serve(self) -> NoReturn:
        """Poll for ever."""
        while True:
            self.poll()

    def fail(self, reason: str) -> NoReturn:
        """Record why this cannot go on, and end; the kernel then ends the whole namespace."""
        (self._folder / "failed").write_text(reason)
        sys.exit(reason)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            name = self._running.pop(pid, None)
            if name is not None:
                code = os.waitstatus_to_exitcode(status)
                self.fail(f"{name} ended by itself (exit code {code}); the end of its log:\n{tail(self.log(name))}")

    def _record(self) -> None:
        partial = self._folder / "running.partial"
        partial.write_text(json.dumps({name: pid for pid, name in self._running.items()}))
        partial.rename(self._folder / "running.json")
