"""With real child processes."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from trainjob_torchtune.process.supervisor import Ending, Stopping, supervise
from trainjob_torchtune.process.transcript import Transcript


def run(
    script: str, *, then: dict[str, signal.Signals] | None = None, stopping: Stopping | None = None
) -> tuple[Ending, list[str]]:
    """Run a script of the shell; when it writes one of the given lines, send ourselves that signal."""
    lines: list[str] = []

    def write(line: str) -> None:
        lines.append(line)
        if then and line in then:
            os.kill(os.getpid(), then[line])

    ending = supervise(["/bin/sh", "-c", script], {"PATH": os.environ["PATH"]}, Transcript(write), stopping)
    return ending, lines


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137), ("kill -SEGV $$", 139)],
)
def test_exit_codes(script: str, code: int) -> None:
    assert run(script)[0] == Ending(code, None)


def test_both_streams_come_in_order() -> None:
    assert run("echo one; echo two >&2; printf three")[1] == ["one", "two", "three"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_end_is_passed_on(number: signal.Signals) -> None:
    ending, _ = run("echo ready; while :; do sleep 0.05; done", then={"ready": number})

    assert ending == Ending(128 + number, number)


def test_who_ends_by_itself_when_asked_keeps_its_exit_code() -> None:
    script = "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"

    assert run(script, then={"ready": signal.SIGTERM})[0] == Ending(3, signal.SIGTERM)


def test_other_signals_are_passed_on_and_end_nothing() -> None:
    script = "trap 'echo seen; exit 0' USR1; echo ready; while :; do sleep 0.05; done"
    ending, lines = run(script, then={"ready": signal.SIGUSR1})

    assert (ending, lines) == (Ending(0, None), ["ready", "seen"])


def test_a_process_that_outlives_the_child_is_not_waited_for() -> None:
    began = time.monotonic()
    ending, lines = run("sleep 30 & echo $!; exit 0")
    os.kill(int(lines[0]), signal.SIGKILL)

    assert ending == Ending(0, None)
    assert time.monotonic() - began < 25


def test_a_child_that_is_silent_is_waited_for() -> None:
    assert run("exec >&- 2>&-; sleep 0.2; exit 4")[0] == Ending(4, None)


def test_a_bar_that_nothing_follows_is_written_while_the_child_runs() -> None:
    """The last step of an epoch, say, while the checkpoint is saved."""
    ending, lines = run(
        r"printf '\r1/16 [00:01<00:01]'; while :; do sleep 0.05; done", then={"1/16 [00:01<00:01]": signal.SIGTERM}
    )

    assert (ending.asked_by, lines) == (signal.SIGTERM, ["1/16 [00:01<00:01]"])


def test_handlers_are_put_back() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGCHLD)}
    run("exit 0")

    assert {number: signal.getsignal(number) for number in before} == before


@dataclass
class ByFile:
    """A file that the child looks for."""

    path: Path
    seconds: float

    def ask(self) -> float:
        self.path.touch()
        return self.seconds


def test_another_way_to_end_comes_before_the_signal(tmp_path: Path) -> None:
    script = f"trap 'exit 9' TERM; echo ready; until [ -e {tmp_path}/asked ]; do sleep 0.05; done; echo saved; exit 0"
    ending, lines = run(script, then={"ready": signal.SIGTERM}, stopping=ByFile(tmp_path / "asked", 300))

    assert (ending, lines) == (Ending(0, signal.SIGTERM), ["ready", "saved"])


@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_the_signal_comes_where_that_is_no_way_or_takes_too_long(tmp_path: Path, seconds: float) -> None:
    script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    ending, _ = run(script, then={"ready": signal.SIGTERM}, stopping=ByFile(tmp_path / "asked", seconds))

    assert ending == Ending(9, signal.SIGTERM)


def test_a_second_signal_is_passed_on_at_once(tmp_path: Path) -> None:
    script = (
        f"trap 'exit 9' TERM; echo ready; until [ -e {tmp_path}/asked ]; do sleep 0.05; done; echo again;"
        " while :; do sleep 0.05; done"
    )
    then = {"ready": signal.SIGTERM, "again": signal.SIGTERM}

    assert run(script, then=then, stopping=ByFile(tmp_path / "asked", 300))[0] == Ending(9, signal.SIGTERM)
