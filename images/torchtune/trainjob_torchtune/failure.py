"""What went wrong, in one sentence and the lines that show it, read from how the recipe ended and what it said."""

import re
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from textwrap import shorten

from trainjob_torchtune.supervisor import Ending

# What torch puts before each line of a traceback of a process of several.
_RANK = re.compile(r"^(\[rank\d+\]:) ?(.*)$")
# The last line of a traceback: `torch.OutOfMemoryError: CUDA out of ...`.
_EXCEPTION = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|NotFound|Exit)\b.*$")
_USAGE = re.compile(r"^tune(?: run)?: error: (.*)$")
_KILLED_WORKER = re.compile(r"Signal 9 \(SIGKILL\) received by PID")
# torchrun's own lines about a worker that failed, and its traceback after them, say less than the worker's last lines.
_REPORT = re.compile(r"^[IWE]\d{4} .*torch/distributed/elastic/")
_REPORTED = "ChildFailedError"
_NOTHING = " ^~"
_LONGEST = 500
_KILLED = 128 + signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Failure:
    """One sentence, and the lines that lead to it."""

    sentence: str
    lines: tuple[str, ...]


def explain(recipe: str, ending: Ending, lines: Iterable[str]) -> Failure:
    """Say how the recipe failed; of several ranks it is the one that failed first that counts."""
    said = list(lines)
    if ending.asked_by is not None:
        return Failure(f"The recipe {recipe} was stopped by {ending.asked_by.name}.", ())
    if ending.code == _KILLED or any(_KILLED_WORKER.search(line) for line in said):
        return Failure(
            f"A process of the recipe {recipe} was killed (SIGKILL), most likely for want of memory: raise the memory "
            "limit of the trainer, or lower batch_size or tokenizer.max_seq_len.",
            tuple(said),
        )
    ranks = _ranks_that_failed(said)
    words = next(iter(ranks.values()), _before_report(said))
    errors = [number for number, line in enumerate(words) if _error(line) is not None]
    shown = tuple(line for line in words if line.strip(_NOTHING))
    if not errors:
        return Failure(f"The recipe {recipe} ended with exit code {ending.code}.", shown)
    error = _error(words[errors[-1]]) or ""
    if error.endswith(":"):  # such as `RuntimeError: Error(s) in loading state_dict for TransformerDecoder:`
        error += " " + " ".join(words[errors[-1] + 1 : errors[-1] + 2]).strip()
    return Failure(f"The recipe {recipe} failed: {shorten(error.rstrip('.: '), _LONGEST, placeholder=' ...')}.", shown)


def _ranks_that_failed(lines: Iterable[str]) -> dict[str, list[str]]:
    """Return the lines of each rank that has an error among them, that which failed first at the beginning."""
    said: dict[str, list[str]] = {}
    failed: dict[str, list[str]] = {}
    for line in lines:
        if found := _RANK.match(line):
            words = said.setdefault(found[1], [])
            words.append(found[2])
            if _error(found[2]) is not None:
                failed.setdefault(found[1], words)
    return failed


def _before_report(lines: Iterable[str]) -> list[str]:
    return list(takewhile(lambda line: not _REPORT.match(line), lines))


def _error(line: str) -> str | None:
    if found := _USAGE.match(line):
        return found[1]
    return line if _EXCEPTION.match(line) and _REPORTED not in line else None
