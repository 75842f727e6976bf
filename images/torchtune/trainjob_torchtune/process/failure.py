"""What went wrong, in one sentence and the lines that show it, read from how the recipe ended and what it said.

A process that dies takes others along: they lose their connection to it and fail, too, often in the same second. So the
one that has a reason of its own counts, wherever it is: here, or on another node, whose pod will say so.
"""

import re
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from textwrap import shorten

from trainjob_contract.exit_codes import BY_SIGNAL
from trainjob_contract.exit_codes import TrainerExitCode as ExitCode
from trainjob_torchtune.process.supervisor import Ending
from trainjob_torchtune.process.torchrun_report import FailedProcess, begins_report, read_report
from trainjob_torchtune.steps.loss import NotANumberError

# What torch puts before each line of a traceback of a process of several.
_RANK = re.compile(r"^\[rank(\d+)\]:(?: ?)(.*)$")
# The last line of a traceback: `torch.OutOfMemoryError: CUDA out of ...`.
_EXCEPTION = re.compile(
    r"^(?:[A-Za-z_]\w*\.)*(?:[A-Z]\w*(?:Error|Exception|Interrupt|NotFound|Exit)\b|Exception(?=:|$)).*$"
)
_USAGE = re.compile(r"^tune(?: run)?: error: (.*)$")
_REPORTED = "ChildFailedError"
# How gloo, NCCL and torch's store say that another process is gone, or does not answer any more.
_NETWORK = re.compile(r"gloo|nccl|TCPStore|Dist(?:Network|Store|Backend)Error", re.IGNORECASE)
_LOST = re.compile(
    r"closed by (?:remote )?peer|reset by (?:remote )?peer|broken pipe|remote process|remote ?error|network error"
    r"|connection (?:was |has been )?(?:likely )?(?:closed|refused|lost)|timed? ?out",
    re.IGNORECASE,
)
_NOT_A_NUMBER = f"{NotANumberError.__module__}.{NotANumberError.__qualname__}:"
_NOTHING = " ^~"
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """One sentence, the lines that lead to it, and the exit code that says what kind it is."""

    sentence: str
    lines: tuple[str, ...]
    code: int


@dataclass(frozen=True, slots=True)
class _Words:
    """What one process said, or all of them where no ranks are known, and the error in it, if there is one."""

    rank: int | None
    lines: Sequence[str]
    error: str | None

    @property
    def is_bereft(self) -> bool:
        """Whether it failed only because another process is gone."""
        return self.error is not None and _tells_of_a_loss(self.error)


def explain(recipe: str, ending: Ending, lines: Iterable[str]) -> Failure:
    """Say how the recipe failed; of several ranks it is the first with a reason of its own that counts.

    Who is asked to end was stopped, unless torchrun had seen a process fail before: then the others of the group may be
    gone already, and Kubernetes ends what is left.
    """
    said = list(lines)
    failed_processes = read_report(said)
    failure = _explain(recipe, ending, said, failed_processes)
    if ending.asked_by is None or (failed_processes and failure.code != ExitCode.PEER_LOST):
        return failure
    return Failure(f"The recipe {recipe} was stopped by {ending.asked_by.name}.", (), BY_SIGNAL + ending.asked_by)


def tell_of_stop(recipe: str, ending: Ending, step: str) -> Failure:
    """Say that the training stopped in order: here, or because another node was asked to."""
    goes_on = f"it goes on from step {step} when it starts again" if step != "0" else "it starts anew"
    code: int
    if ending.asked_by is None:
        code, by = ExitCode.STOPPED_WITH_ANOTHER, "because another node was asked to end"
    else:
        code, by = BY_SIGNAL + ending.asked_by, f"by {ending.asked_by.name}"
    return Failure(f"The recipe {recipe} was stopped {by}; {goes_on}.", (), code)


def _explain(recipe: str, ending: Ending, said: Sequence[str], failed_processes: Sequence[FailedProcess]) -> Failure:
    killed = [failed_process for failed_process in failed_processes if failed_process.exit_code == -signal.SIGKILL]
    if killed or ending.code == ExitCode.KILLED:
        return Failure(
            f"A process of the recipe {recipe}{_of_rank(killed)} was killed (SIGKILL), most likely for want of memory: "
            "raise the memory limit of the trainer, or lower batch_size or tokenizer.max_seq_len.",
            tuple(said),
            ExitCode.KILLED,
        )
    words = _first_with_a_reason(said)
    shown = tuple(line for line in words.lines if line.strip(_NOTHING))
    crashed = [failed_process for failed_process in failed_processes if failed_process.exit_code < 0]
    loss = _loss(words, crashed, said)
    if loss is not None:
        return Failure(
            f"The recipe {recipe} lost another of its processes, which failed or was cut off before: see the other "
            f"pods of this job for the cause. Here{_on(words.rank)}: {_cut(loss)}.",
            shown,
            ExitCode.PEER_LOST,
        )
    if crashed and (words.error is None or words.is_bereft):
        number = -crashed[0].exit_code
        return Failure(
            f"A process of the recipe {recipe}{_of_rank(crashed)} was ended by {_signal_name(number)}.",
            shown,
            BY_SIGNAL + number,
        )
    if words.error is not None and words.error.startswith(_NOT_A_NUMBER):
        return Failure(words.error.removeprefix(_NOT_A_NUMBER).strip(), shown, ExitCode.NAN_LOSS)
    if words.error is None:
        return Failure(f"The recipe {recipe} ended with exit code {ending.code}.", shown, ending.code)
    return Failure(f"The recipe {recipe} failed{_on(words.rank)}: {_cut(words.error)}.", shown, ending.code)


def _loss(words: _Words, crashed: Sequence[FailedProcess], said: Sequence[str]) -> str | None:
    """Return the words that tell of the loss of another process, if that is why this one failed.

    A process that crashed is lost to those beside it; but NCCL's watchdog aborts its own when another one is gone, with
    or without an exception in Python.
    """
    if any(failed_process.exit_code != -signal.SIGABRT for failed_process in crashed):
        return None
    if words.is_bereft or (crashed and words.error is None):
        return words.error or next((line for line in said if _tells_of_a_loss(line)), None)
    return None


def _first_with_a_reason(said: Sequence[str]) -> _Words:
    """Return the words of the rank that failed first for a reason of its own, else of the first that failed."""
    ranks = _ranks_that_failed(said)
    if not ranks:
        return _read(None, list(takewhile(lambda line: not begins_report(line), said)))
    return next((words for words in ranks if not words.is_bereft), ranks[0])


def _ranks_that_failed(lines: Iterable[str]) -> list[_Words]:
    """Return the words of each rank that has an error among them, that which failed first at the beginning."""
    said: dict[int, list[str]] = {}
    failed: dict[int, list[str]] = {}
    for line in lines:
        if found := _RANK.match(line):
            words = said.setdefault(int(found[1]), [])
            words.append(found[2])
            if _error(found[2]) is not None:
                failed.setdefault(int(found[1]), words)
    return [_read(rank, words) for rank, words in failed.items()]


def _read(rank: int | None, lines: Sequence[str]) -> _Words:
    """Find the last error: that of the outermost exception."""
    errors = [number for number, line in enumerate(lines) if _error(line) is not None]
    if not errors:
        return _Words(rank, lines, None)
    error = _error(lines[errors[-1]]) or ""
    if error.endswith(":"):  # such as `RuntimeError: Error(s) in loading state_dict for TransformerDecoder:`
        error += " " + " ".join(lines[errors[-1] + 1 : errors[-1] + 2]).strip()
    return _Words(rank, lines, error)


def _error(line: str) -> str | None:
    if found := _USAGE.match(line):
        return found[1]
    return line if _EXCEPTION.match(line) and _REPORTED not in line else None


def _tells_of_a_loss(line: str) -> bool:
    return _NETWORK.search(line) is not None and _LOST.search(line) is not None


def _cut(words: str) -> str:
    return shorten(words.rstrip(".: "), _LONGEST, placeholder=" ...")


def _of_rank(failed_processes: Sequence[FailedProcess]) -> str:
    rank = failed_processes[0].rank if failed_processes else None
    return "" if rank is None else f" (rank {rank})"


def _on(rank: int | None) -> str:
    return "" if rank is None else f" on rank {rank}"


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
