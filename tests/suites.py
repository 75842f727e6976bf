"""The suites of `make test`: which run side by side, what they say as they go, and what took longest.

Tests on a cluster mostly wait, others compute: side by side they take little longer than either. What measures time
or requests runs last, when nothing else does.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
Phase = Sequence[Sequence[str]]
"""Lanes that run side by side; in a lane one target of the Makefile after the other."""

PHASES: Sequence[Phase] = (
    (("check", "property", "initializer"),),  # each keeps all cores busy by itself
    (("cluster-shared",), ("training-shared", "e2e")),
    (("alone",),),
)
_SLOWEST = 15
_OPTIONS = f"--durations={_SLOWEST} --durations-min=3"
_DURATION = re.compile(r"(\d+\.\d+)s (?:setup|call|teardown) +\S")
_STATUS_OF_A_SIGNAL = 128


@dataclass(slots=True)
class Suites:
    """A run of suites, which are targets of the Makefile in a folder.

    Attributes:
        took: seconds by suite.
        failed: the suites that failed.
        durations: of tests, and of what they stand on, as pytest tells them.
    """

    folder: Path = ROOT
    took: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    durations: list[str] = field(default_factory=list)
    _processes: list[subprocess.Popen[str]] = field(default_factory=list)
    _is_stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, phases: Sequence[Phase]) -> None:
        """Run phases one after the other, up to the first one in which a suite fails."""
        for phase in phases:
            with ThreadPoolExecutor(len(phase)) as lanes:
                try:
                    list(lanes.map(self._run_lane, phase))
                except BaseException:
                    self._stop()
                    raise
            if self.failed:
                return

    def summary(self) -> list[str]:
        """Tell how long each suite took, and which tests took longest."""
        width = max(map(len, self.took), default=0)
        lines = ["What took longest:"]
        for suite, seconds in sorted(self.took.items(), key=lambda one: -one[1]):
            lines.append(f"  {suite:<{width}} {_spoken(seconds):>11}{'  FAILED' if suite in self.failed else ''}")
        slowest = sorted(self.durations, key=lambda line: -float(line.partition("s ")[0]))
        return [*lines, "The slowest tests:", *(f"  {line}" for line in slowest[:_SLOWEST])]

    def _run_lane(self, suites: Sequence[str]) -> None:
        for suite in suites:
            if not self._is_stopped:
                self._run_suite(suite)

    def _run_suite(self, suite: str) -> None:
        began = time.monotonic()
        self._say(suite, "begins")
        process = self._start(suite)
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                self._say(suite, line.rstrip())
                if _DURATION.match(line):
                    self.durations.append(line.strip())
        code = process.wait()
        self.took[suite] = time.monotonic() - began
        if code != 0:
            self.failed.append(suite)
        self._say(suite, f"{'done' if code == 0 else 'FAILED'} after {_spoken(self.took[suite])}")

    def _start(self, suite: str) -> subprocess.Popen[str]:
        options = f"{os.environ.get('PYTEST_ADDOPTS', '')} {_OPTIONS}".strip()
        with self._lock:
            process = subprocess.Popen(
                ["make", "--no-print-directory", suite],
                cwd=self.folder,
                env=os.environ | {"PYTEST_ADDOPTS": options},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C is for us: all of a suite is told by _stop, once
            )
            self._processes.append(process)
        return process

    def _stop(self) -> None:
        """Interrupt what runs, as Ctrl-C would: tests then take down what they have put up."""
        self._is_stopped = True
        with self._lock:
            for process in self._processes:
                if process.poll() is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGINT)

    def _say(self, suite: str, line: str) -> None:
        with self._lock:
            print(f"{suite:<15} | {line}", flush=True)


def main(folder: Path = ROOT, phases: Sequence[Phase] = PHASES) -> int:
    """Run suites to their end or to ours; the exit code is 1 if one failed."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # one that is ignored here would be in our suites, too
    began = time.monotonic()
    suites = Suites(folder)
    try:
        suites.run(phases)
    finally:
        print(*suites.summary(), f"In all {_spoken(time.monotonic() - began)}.", sep="\n", flush=True)
    return 1 if suites.failed else 0


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(_STATUS_OF_A_SIGNAL + number)


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:2} s" if minutes else f"{rest} s"


if __name__ == "__main__":
    sys.exit(main())
