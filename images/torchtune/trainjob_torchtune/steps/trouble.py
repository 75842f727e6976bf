"""What may go wrong with files of checkpoints, and costs a warning and not the training."""

from collections.abc import Callable

from torch.distributed.checkpoint.api import CheckpointException

from trainjob_torchtune.steps.folder import NoRoomError

FAILURES = (Exception, CheckpointException)
"""The second is no Exception: whoever catches those alone lets it end the training."""
_LONGEST = 300


def attempt(act: Callable[[], object]) -> str | None:
    """Do something; return what is wrong."""
    try:
        act()
    except FAILURES as error:
        return brief(error)
    return None


def brief(error: BaseException) -> str:
    """Name an error in one line; of those that torch collects from all processes the first."""
    if isinstance(error, CheckpointException) and error.failures:
        error = next(iter(error.failures.values()))[0]
    if isinstance(error, NoRoomError):
        return str(error)
    return f"{type(error).__name__}: {error}".splitlines()[0][:_LONGEST]
