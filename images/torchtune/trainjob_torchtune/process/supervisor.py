"""The recipe as a child process, and the duties of a container's first process: pass signals on, reap, stream.

One thread and one wait: the child's output and our signals both arrive on file descriptors.
"""

import math
import os
import selectors
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from trainjob_torchtune.process.transcript import Transcript

_ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_FORWARDED = _ENDING | {signal.SIGUSR1, signal.SIGUSR2}
_CHUNK = 1 << 16
# How long output may still come from processes that outlive the child.
_DRAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How the child ended: its exit code (128 + n if signal n ended it), and the signal that asked us to end."""

    code: int
    asked_by: signal.Signals | None


class Stopping(Protocol):
    """Another way than a signal to have the child end."""

    def ask(self) -> float:
        """Ask for it, and return for how many seconds the child has to be waited for; 0 if this is no way now."""


def supervise(
    command: Sequence[str], environment: Mapping[str, str], transcript: Transcript, stopping: Stopping | None = None
) -> Ending:
    """Run the command to its end, with its output to the transcript and our signals to it.

    The first signal that asks us to end is not passed on where there is another way, unless that takes too long.
    """
    with _signals() as wake, selectors.DefaultSelector() as selector:
        child = _Child(*_spawn(command, environment), stopping)
        selector.register(wake, selectors.EVENT_READ)
        selector.register(child.output, selectors.EVENT_READ)
        while not child.is_done(time.monotonic()):
            now = time.monotonic()
            wait = transcript.wait(now)
            for key, _ in selector.select(min(_DRAIN_SECONDS if wait is None else wait, child.wait(now))):
                if key.fileobj is wake:
                    child.receive(wake.recv(_CHUNK))
                elif chunk := os.read(child.output, _CHUNK):
                    transcript.feed(chunk, time.monotonic())
                else:
                    child.is_silent = True
                    selector.unregister(child.output)
            transcript.tick(time.monotonic())
            child.tick(time.monotonic())
        os.close(child.output)
    transcript.close(time.monotonic())
    return Ending(code=child.code or 0, asked_by=child.asked_by)


class _Child:
    """The state of the one process that matters; others that become our children are only reaped."""

    def __init__(self, pid: int, output: int, stopping: Stopping | None) -> None:
        self.output = output
        self.code: int | None = None
        self.asked_by: signal.Signals | None = None
        self.is_silent = False
        self._pid = pid
        self._ended_at = 0.0
        self._stopping = stopping
        self._ended_by = math.inf

    def receive(self, numbers: bytes) -> None:
        """Pass signals on; a SIGCHLD, or several that came as one, means to look who has ended."""
        for number in numbers:
            if number != signal.SIGCHLD and self.code is None:
                self._take(signal.Signals(number))
        self._reap()

    def wait(self, now: float) -> float:
        """Return for how many seconds at most nothing is to be done, unless something happens."""
        return min(_DRAIN_SECONDS, max(self._ended_by - now, 0.0))

    def tick(self, now: float) -> None:
        """End it by the signal that came, if the other way has taken too long."""
        if now >= self._ended_by and self.code is None and self.asked_by is not None:
            self._ended_by = math.inf
            os.kill(self._pid, self.asked_by)

    def is_done(self, now: float) -> bool:
        """Say whether it has ended and said all it had to say."""
        return self.code is not None and (self.is_silent or now > self._ended_at + _DRAIN_SECONDS)

    def _take(self, number: signal.Signals) -> None:
        is_first = number in _ENDING and self.asked_by is None
        self.asked_by = number if number in _ENDING else self.asked_by
        seconds = self._stopping.ask() if is_first and self._stopping is not None else 0.0
        if seconds > 0:
            self._ended_by = time.monotonic() + seconds
        else:
            os.kill(self._pid, number)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._pid:
                code = os.waitstatus_to_exitcode(status)
                self.code = code if code >= 0 else 128 - code
                self._ended_at = time.monotonic()


def _spawn(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, int]:
    """Start the command in a session of its own, so that a terminal's ^C reaches it once, from us."""
    output, theirs = os.pipe()
    pid = os.posix_spawn(
        command[0],
        list(command),
        dict(environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, theirs, 1),
            (os.POSIX_SPAWN_DUP2, theirs, 2),
        ],
        setsid=True,
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
    )
    os.close(theirs)
    return pid, output


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Turn signals into bytes, their numbers, on a socket."""
    wake, theirs = socket.socketpair()
    theirs.setblocking(False)
    numbers = (*_FORWARDED, signal.SIGCHLD)
    previous = {number: signal.signal(number, lambda *_: None) for number in numbers}
    previous_fd = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    try:
        yield wake
    finally:
        signal.set_wakeup_fd(previous_fd)
        for number, handler in previous.items():
            signal.signal(number, handler)
        wake.close()
        theirs.close()
