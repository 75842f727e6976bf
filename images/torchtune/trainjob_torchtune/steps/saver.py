"""Writes checkpoints: all processes at the same batch, each what it holds; the first names them when they are whole."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch.distributed import checkpoint

from trainjob_torchtune.steps.folder import Folder
from trainjob_torchtune.steps.parts import Parts
from trainjob_torchtune.steps.place import Place
from trainjob_torchtune.steps.processes import Processes
from trainjob_torchtune.steps.telling import Saved, Teller
from trainjob_torchtune.steps.tree import Trained
from trainjob_torchtune.steps.trouble import attempt


@dataclass(frozen=True, slots=True)
class Saver:
    """What is saved, by whom, and where to."""

    parts: Parts
    processes: Processes
    folder: Folder
    identity: Mapping[str, str]
    teller: Teller

    def save(self, place: Place) -> str | None:
        """Save a place; return what is wrong, the same to all processes: then older checkpoints are as they were."""
        began = time.monotonic()
        failure = self._first(lambda: self._begin(place)) or self._find_apart(place)
        failure = failure or attempt(lambda: self._write(place))
        # Torch tells each process of the failure of one, so all go the same way here.
        if failure is None:
            failure = self._first(lambda: self._commit(place, began))
        if failure is not None and self.processes.is_first:
            self.folder.abandon(place.step)
        return failure

    def _begin(self, place: Place) -> None:
        """Make place for it, if that takes none from the epochs that the recipe saves: without those all is lost."""
        weights, state = Trained(self.parts.model, self.parts.optimizers).sizes()
        epochs = self.parts.epochs - place.epoch
        # It saves the optimizer's state with each epoch but the last, over that of the one before.
        reserved = epochs * self.parts.saved_weights + (state if epochs > 1 else 0)
        self.folder.make_room(weights + state, reserved)
        self.folder.begin(place.step)

    def _find_apart(self, place: Place) -> str | None:
        """Say so if some do not see the place that the first has made: nobody could put together what they write."""
        if not any(self.processes.any_of(not self.folder.writing(place.step).is_dir())):
            return None
        return f"not all nodes share the volume of {self.folder.path.parent}"

    def _write(self, place: Place) -> None:
        trained = Trained(self.parts.model, self.parts.optimizers)
        own = {"random": place.random, "scheduler": _plain(self.parts.scheduler)}
        checkpoint.save(
            trained.capture(self.processes.rank, own),
            checkpoint_id=self.folder.writing(place.step),
            process_group=self.processes.group,
            no_dist=self.processes.group is None,
        )

    def _commit(self, place: Place, began: float) -> None:
        size = self.folder.commit(
            place.step,
            epoch=place.epoch,
            rows=place.batches * self.parts.rows_per_batch,
            counters=place.counters,
            processes=self.processes.count,
            identity=self.identity,
        )
        self.teller.save(Saved(place.step, size, time.monotonic() - began))

    def _first(self, act: Callable[[], object]) -> str | None:
        """Have the first process do something; return what is wrong, the same to all."""
        failure: str | None = self.processes.from_first(attempt(act) if self.processes.is_first else None)
        return failure


def _plain(scheduler: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - torch's have no common type
    """Return a scheduler's state without functions: with `optimizer_in_bwd` TorchTune puts one into the object."""
    if scheduler is None:
        return None
    return {key: value for key, value in scheduler.state_dict().items() if not callable(value)}
