"""torchrun's report: which of its processes failed, and which it ended itself because another had failed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# torchrun's own lines about a worker that failed, and its traceback after them, say less than the worker's last lines.
_BEGINS = re.compile(r"^[IWE]\d{4} .*torch/distributed/elastic/")
_ENDED_BY_TORCHRUN = re.compile(r"Sending process (\d+) closing signal")
_FIRST = re.compile(r"failed \(exitcode: (-?\d+)\) local_rank: \d+ \(pid: \d+\) of binary")
_RANK = re.compile(r"^\s*rank\s*: (\d+) \(local_rank: \d+\)")
_EXIT = re.compile(r"^\s*exitcode\s*: (-?\d+) \(pid: (\d+)\)")


@dataclass(frozen=True, slots=True)
class FailedProcess:
    """A process that failed by itself; a negative exit code is a signal's number. The rank may not have been told."""

    rank: int | None
    exit_code: int


def begins_report(line: str) -> bool:
    """Say whether this is torchrun's own line, not a worker's."""
    return _BEGINS.match(line) is not None


def read_report(lines: Sequence[str]) -> tuple[FailedProcess, ...]:
    """Return who failed, without the processes that torchrun ended; nobody if torchrun itself was told to end.

    Several may fail within the tenth of a second in which it looks; what it calls the root cause is any one of them.
    Where it is told to end while it ends the others, there is only the line that it wrote before.
    """
    ended = {found[1] for line in lines if (found := _ENDED_BY_TORCHRUN.search(line))}
    failed_processes = []
    rank = 0
    for line in lines:
        if found := _RANK.match(line):
            rank = int(found[1])
        elif (found := _EXIT.match(line)) and found[2] not in ended:
            failed_processes.append(FailedProcess(rank, int(found[1])))
    first = (FailedProcess(None, int(found[1])) for line in lines if (found := _FIRST.search(line)))
    return tuple(failed_processes) or tuple(first)
