"""Reports a training to the operator from a thread of its own, which neither slows nor fails it.

Nothing waits for the network: the training's thread notes what it is told, and the reporter's takes what is newest when
it is time. How often that is, the operator says. When nobody answers, that is told once.
"""

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from trainjob_contract.progress import LEAST_SECONDS
from trainjob_torchtune.report.memory import recall, remember
from trainjob_torchtune.report.server import Refused, Server, Taken
from trainjob_torchtune.report.tally import Tally
from trainjob_torchtune.steps.telling import Phase, Saved, Step

_END_WITHIN = 5.0
_FAIL_WITHIN = 2.0
_LONGEST_PAUSE = 300.0
_TOLD_OF = 2
"""So many failures in a row are worth a line: an operator that is being replaced is none."""
_SPREAD = 0.2
"""Of the interval, so that trainings that began together do not report together."""


@dataclass(slots=True)
class Rhythm:
    """When the next report is due, after how the last one went.

    Random numbers come from the system: those of the training are the training's.
    """

    say: Callable[[str], None]
    draw: Callable[[], float] = field(default_factory=lambda: random.SystemRandom().random)
    due: float = -math.inf
    failures: int = 0

    def note(self, answer: Taken | Refused, now: float) -> None:
        """Take an answer."""
        if isinstance(answer, Taken):
            if self.failures >= _TOLD_OF:
                self.say("Progress is reported again.")
            self.failures = 0
            pause = answer.next_seconds
        else:
            self.failures += 1
            if self.failures == _TOLD_OF:
                self.say(f"Warning: Progress cannot be reported for now; training goes on: {answer.why}.")
            pause = max(answer.retry_seconds, min(_LONGEST_PAUSE, LEAST_SECONDS * 2.0 ** min(self.failures - 1, 10)))
        self.due = now + pause * (1 + _SPREAD * self.draw())


class Reporter:
    """A listener that reports. The first report goes at once, and the last; others when they are due."""

    def __init__(
        self,
        server: Server,
        processes: int,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take where to, how many processes train, where lines of the log go, and a clock in seconds."""
        self._server = server
        self._clock = clock
        self._rhythm = Rhythm(say)
        self._tally = Tally(processes)
        self._folder: Path | None = None
        self._changed = threading.Condition()
        self._has_news = False
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def keep_in(self, folder: Path) -> None:
        """Keep beside the checkpoints what is reported and they do not have."""
        self._folder = folder

    def enter(self, phase: Phase, step: int) -> None:
        """Take a phase; with steps done before the first, the training goes on from a checkpoint."""
        with self._noting():
            if phase is Phase.FIRST_STEP and step and not self._tally.has_begun:
                self._tally.go_on(step, recall(self._folder) if self._folder is not None else None)
            self._tally.enter(phase, step)
        if self._thread.ident is None:
            self._thread.start()

    def step(self, step: Step) -> None:
        """Take a step."""
        with self._noting():
            self._tally.step(step)

    def save(self, saved: Saved) -> None:
        """Take a checkpoint, while the training waits for it anyway."""
        with self._noting():
            memory = self._tally.save(saved, datetime.now(UTC))
        if self._folder is not None:
            remember(self._folder, memory)

    def end(self, step: int) -> None:
        """Take the end, and wait some seconds for the last report to arrive."""
        with self._noting():
            self._tally.end(step)
        self.close(_END_WITHIN)

    def close(self, within: float = _FAIL_WITHIN) -> None:
        """Report what is not reported yet, unless nobody answers, and wait so many seconds for that at most."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(within)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        with self._changed:
            yield
            if not self._has_news:
                self._has_news = True
                self._changed.notify()

    def _run(self) -> None:
        while self._await_turn():
            with self._changed:
                self._has_news = False
                report = self._tally.report()
            answer = self._server.post(report.body(datetime.now(UTC)))
            self._rhythm.note(answer, self._clock())

    def _await_turn(self) -> bool:
        """Wait until there is something to report, and time to; False when there is nothing more to do."""
        with self._changed:
            while True:
                if self._is_closing:
                    return self._has_news and self._rhythm.failures < _TOLD_OF
                wait = self._rhythm.due - self._clock()
                if self._has_news and wait <= 0:
                    return True
                self._changed.wait(wait if self._has_news else None)
