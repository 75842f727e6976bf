"""What may go wrong with files of checkpoints, and costs a warning and not the training."""

from collections.abc import Callable, Iterator

from torch.distributed.checkpoint.api import CheckpointException

from trainjob_torchtune.steps.folder import NoRoomError

FAILURES = (Exception, CheckpointException)
"""The second is no Exception: whoever catches those alone lets it end the training."""
_LONGEST = 300
# Torch closes a file that could not be written, and fails once more; other processes are told of that alone.
_OF_TORCHS_FILES = "inline_container.cc"


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
    error = next((one for one in _chain(error) if isinstance(one, OSError)), error)
    if isinstance(error, NoRoomError):
        return str(error)
    if _OF_TORCHS_FILES in str(error):
        return "a file of it could not be written to its end, as where a volume is full"
    return f"{type(error).__name__}: {error}".splitlines()[0][:_LONGEST]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
