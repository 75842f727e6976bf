"""A file for each training process of a pod, which says what it does: who looks at it knows whether the training moves.

    {"phase": "training", "step": 12}

It is written by the thread that trains, never by one of its own, which would go on when the training hangs. The time of
the last beat is the file's.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trainjob_torchtune.steps.telling import Phase, Saved, Step

_NAME = "process-"
_WIDTH = 64  # characters, always the same: who reads while it is written gets no half of a longer text
_LEAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Beat:
    """What a process did when it wrote last; `time` in seconds since 1970."""

    phase: Phase
    step: int
    time: float


class Heartbeat:
    """One process's file. That it cannot be written is no reason to end a training."""

    def __init__(self, folder: Path, process: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the folder, the number of the process in its pod, and a clock in seconds."""
        self._path = folder / f"{_NAME}{process}"
        self._clock = clock
        self._phase = Phase.SETUP
        self._written_at: float | None = None

    def enter(self, phase: Phase, step: int) -> None:
        """Write that a phase begins."""
        self._phase = phase
        self._write(step)

    def step(self, step: Step) -> None:
        """Leave it: each batch is a beat."""

    def save(self, saved: Saved) -> None:
        """Leave it: the phase says it."""

    def end(self, step: int) -> None:
        """Write the last one."""
        self._write(step)

    def beat(self, step: int) -> None:
        """Write that so many steps are done, once a second at most."""
        if self._written_at is None or self._clock() - self._written_at >= _LEAST_SECONDS:
            self._write(step)

    def _write(self, step: int) -> None:
        self._written_at = self._clock()
        text = json.dumps({"phase": self._phase, "step": step}).ljust(_WIDTH - 1) + "\n"
        with contextlib.suppress(OSError):
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                os.pwrite(handle, text.encode(), 0)
            finally:
                os.close(handle)


def read_beats(folder: Path) -> Iterator[Beat]:
    """Yield the last beat of each process; of one that has not written there is none."""
    for path in sorted(folder.glob(f"{_NAME}*")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            read = json.loads(path.read_bytes())
            yield Beat(Phase(read["phase"]), int(read["step"]), path.stat().st_mtime)
