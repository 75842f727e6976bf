"""How a launcher has the training processes of its pod stop in order: by files in a folder that the pod alone has.

A signal is no way: torchrun ends its processes by SIGTERM, and one that minds it while another hangs takes 30 s to end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trainjob_contract.environment import STOP_FOLDER
from trainjob_torchtune.steps.heartbeat import read_beats
from trainjob_torchtune.steps.telling import Phase


@dataclass(frozen=True, slots=True)
class StopFolder:
    """The folder, and what its files mean."""

    path: Path

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> "StopFolder | None":
        """Return the folder that the launcher has made, if one has."""
        path = environment.get(STOP_FOLDER)
        return cls(Path(path)) if path else None

    @property
    def has_begun(self) -> bool:
        """Whether one of the processes trains, and looks here between two batches."""
        return any(beat.phase is not Phase.SETUP for beat in read_beats(self.path))

    @property
    def is_asked(self) -> bool:
        """Whether they are to stop."""
        return (self.path / "asked").exists()

    @property
    def stopped_at(self) -> str | None:
        """At which step they did stop; None if they have not."""
        try:
            return (self.path / "stopped").read_text()
        except OSError:
            return None

    def ask(self) -> None:
        """Ask them to stop."""
        (self.path / "asked").touch()

    def stop(self, step: int) -> None:
        """Tell that they stop, at a step."""
        (self.path / "stopped").write_text(str(step))
