"""What went wrong, in one sentence, read from how the recipe ended and from its last lines."""

import re
import signal
from collections.abc import Iterable

from trainjob_torchtune.supervisor import Ending

# The last line of a traceback, with torchrun's rank before it: `[rank0]: torch.OutOfMemoryError: CUDA out of ...`.
_EXCEPTION = re.compile(
    r"^(?P<rank>\[rank\d+\]: ?)?(?P<error>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|NotFound|Exit)\b.*)$"
)
_USAGE = re.compile(r"^tune(?: run)?: error: (?P<error>.*)$")
_KILLED_WORKER = re.compile(r"Signal 9 \(SIGKILL\) received by PID")
# torchrun's own report about a worker, which says less than the worker's last line.
_REPORT = "ChildFailedError"
_KILLED = 128 + signal.SIGKILL


def explain(recipe: str, ending: Ending, lines: Iterable[str]) -> str:
    """Return the sentence; with several ranks it is the one that failed first that counts."""
    said = list(lines)
    if ending.asked_by is not None:
        return f"The recipe {recipe} was stopped by {ending.asked_by.name}."
    if ending.code == _KILLED or any(_KILLED_WORKER.search(line) for line in said):
        return (
            f"A process of the recipe {recipe} was killed (SIGKILL), most likely for want of memory: raise the memory "
            "limit of the trainer, or lower batch_size or tokenizer.max_seq_len."
        )
    errors: dict[str, str] = {}
    for line in said:
        if (found := _EXCEPTION.match(line)) and _REPORT not in found["error"]:
            errors[found["rank"] or ""] = found["error"]
        elif found := _USAGE.match(line):
            errors[""] = found["error"]
    if errors:
        return f"The recipe {recipe} failed: {next(iter(errors.values())).rstrip('.')}."
    return f"The recipe {recipe} ended with exit code {ending.code}."
