"""Commands that take minutes: a line that says what runs, how long so far and how long it usually takes."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.devcluster.errors import DevclusterError

_LINE_EVERY_S = 30.0
_TAIL_LINES = 15


def run_long(
    argv: Sequence[str | Path],
    *,
    what: str,
    usually: str,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command at low priority with its output in `log`; DevclusterError with the last lines if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    _show(f"{what} ... (usually {usually})")
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["nice", "-n", "10", *argv], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd, env=env
        )
        try:
            code = _wait(process, what, usually, began)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if code != 0:
        raise DevclusterError(f"{what} failed (exit code {code}); the end of {log}:\n{tail(log)}")
    _show(f"{what}: done after {_spoken(time.monotonic() - began)}", last=True)


def tail(log: Path) -> str:
    """Return the last lines of a log, indented; empty if there is none."""
    if not log.exists():
        return ""
    return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])


def _wait(process: subprocess.Popen[bytes], what: str, usually: str, began: float) -> int:
    every = 1.0 if sys.stderr.isatty() else _LINE_EVERY_S
    while True:
        try:
            return process.wait(timeout=every)
        except subprocess.TimeoutExpired:
            _show(f"{what} ... {_spoken(time.monotonic() - began)} (usually {usually})")


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _show(line: str, *, last: bool = False) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}" + ("\n" if last else ""))
    else:
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
