"""A training that is asked to end saves where it is, if it has begun and there is time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from trainjob_contract.checkpoints import read_checkpoint_settings
from trainjob_contract.environment import STOP_FOLDER
from trainjob_torchtune.steps.stop import StopFolder


@dataclass(frozen=True, slots=True)
class OrderlyStop:
    """How the processes of this pod are told, and for how many seconds they are waited for.

    Attributes:
        folder: None if nowhere a file can be written: then they are not told.
    """

    folder: StopFolder | None
    seconds: float
    say: Callable[[str], None]

    @property
    def variables(self) -> Mapping[str, str]:
        """What the training processes have to know."""
        return {STOP_FOLDER: str(self.folder.path)} if self.folder is not None else {}

    def ask(self) -> float:
        """Ask the processes to stop, if they train already; return for how long they are waited for."""
        if self.folder is None or not self.folder.has_begun or self.seconds <= 0:
            return 0.0
        self.say(f"Asked to end: the training stops at the next batch, and has {self.seconds:g} s for a checkpoint.")
        self.folder.ask()
        return self.seconds

    @property
    def stopped_at(self) -> str | None:
        """At which step the training has stopped in order; None if it has not."""
        return self.folder.stopped_at if self.folder is not None else None


@contextmanager
def orderly_stop(environment: Mapping[str, str], say: Callable[[str], None]) -> Iterator[OrderlyStop]:
    """Make the folder that a pod's processes share, for as long as they run."""
    folder = None
    with ExitStack() as stack:
        try:
            folder = StopFolder(Path(stack.enter_context(TemporaryDirectory(prefix="trainjob-stop-"))))
        except OSError as error:
            say(f"Warning: The training cannot be saved when the pod is asked to end: {error}.")
        yield OrderlyStop(folder, read_checkpoint_settings(environment).stop_seconds, say)
