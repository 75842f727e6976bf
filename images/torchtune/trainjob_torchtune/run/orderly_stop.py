"""A training that is asked to end saves where it is, if it has begun and there is time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from trainjob_contract.checkpoints import read_checkpoint_settings
from trainjob_contract.environment import STOP_FOLDER
from trainjob_torchtune.steps.stop import StopFolder


@dataclass(frozen=True, slots=True)
class OrderlyStop:
    """How the processes of this pod are told, and for how many seconds they are waited for."""

    folder: StopFolder
    seconds: float
    say: Callable[[str], None]

    @property
    def variables(self) -> Mapping[str, str]:
        """What the training processes have to know."""
        return {STOP_FOLDER: str(self.folder.path)}

    def ask(self) -> float:
        """Ask the processes to stop, if they train already; return for how long they are waited for."""
        if not self.folder.has_begun or self.seconds <= 0:
            return 0.0
        self.say(f"Asked to end: the training stops at the next batch, and has {self.seconds:g} s for a checkpoint.")
        self.folder.ask()
        return self.seconds

    @property
    def stopped_at(self) -> str | None:
        """At which step the training has stopped in order; None if it has not."""
        return self.folder.stopped_at


@contextmanager
def orderly_stop(environment: Mapping[str, str], say: Callable[[str], None]) -> Iterator[OrderlyStop]:
    """Make the folder that a pod's processes share, for as long as they run."""
    with TemporaryDirectory(prefix="trainjob-stop-") as name:
        settings = read_checkpoint_settings(environment)
        yield OrderlyStop(StopFolder(Path(name)), settings.stop_seconds, say)
