"""Goes on from the newest checkpoint that is whole and of this very training."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch.distributed import checkpoint
from torchtune import training

from trainjob_torchtune.steps.folder import Folder, Note, state_of
from trainjob_torchtune.steps.identity import compare
from trainjob_torchtune.steps.parts import Parts
from trainjob_torchtune.steps.processes import Processes
from trainjob_torchtune.steps.tree import MisfitError, Trained
from trainjob_torchtune.steps.trouble import FAILURES, attempt, brief


@dataclass(frozen=True, slots=True)
class Start:
    """Where a training begins that goes on.

    Attributes:
        epoch, batches: so many batches of that epoch are done.
        step: so many optimizer steps are made.
        random: the state of random numbers; None if there were other processes, which had others.
    """

    epoch: int
    batches: int
    step: int
    random: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Resumption:
    """What goes on, by whom, and from where; `is_wanted`: it is to go on at all."""

    parts: Parts
    processes: Processes
    folder: Folder
    identity: Mapping[str, str]
    say: Callable[[str], None]
    is_wanted: bool

    def go_on(self) -> Start | None:
        """Put a checkpoint over what the recipe has set up; None if there is none to go on from.

        Raises:
            RuntimeError: one could not be read to its end, and the model is spoilt; it is set aside.
        """
        found: tuple[Path, Note] | None = self.processes.from_first(self._find() if self.processes.is_first else None)
        if found is None:
            return None
        path, note = found
        try:
            return self._restore(path, note)
        except FAILURES as error:
            if self.processes.is_first:
                attempt(partial(self.folder.set_aside, path))
            raise RuntimeError(
                f"The checkpoint {path} cannot be read, and is set aside; the next start goes on from the one before"
                f" it: {brief(error)}"
            ) from error

    def _find(self) -> tuple[Path, Note] | None:
        """Choose the newest; if that one does not fit, none does, and all make place for the new training."""
        self.folder.tidy()
        for torn in list(self.folder.torn()):
            trouble = attempt(partial(self.folder.set_aside, torn))
            became = "is set aside" if trouble is None else f"cannot be set aside ({trouble})"
            self.say(f"Warning: The checkpoint {torn} is not whole, and {became}.")
        newest = next(self.folder.whole(), None)
        if newest is None:
            return None
        note = newest[1]
        if not self.is_wanted:
            why: str | None = "it is asked to begin anew"
        elif note.rows % self.parts.rows_per_batch:
            why = f"the {note.rows} rows done are no whole batches of {self.parts.rows_per_batch}"
        else:
            why = compare(note.identity, self.identity)
        if why is None:
            return newest
        self.say(f"Not going on from the checkpoint of step {note.step}, which is removed, but from the start: {why}.")
        self.folder.clear()
        return None

    def _restore(self, path: Path, note: Note) -> Start:
        began, parts = time.monotonic(), self.parts
        is_same = note.processes == self.processes.count
        trained = Trained(parts.model, parts.optimizers)
        metadata = self._read_metadata(state_of(path))
        rank, is_alone = self.processes.rank if is_same else 0, self.processes.group is None
        kept = trained.restore(state_of(path), metadata, rank, is_alone=is_alone)
        if parts.scheduler is not None and kept["scheduler"] is not None:
            parts.scheduler.load_state_dict(kept["scheduler"])
        parts.set_counters(note.counters, note.epoch)
        parts.catch_up(training.quantization._get_disable_fake_quant)  # noqa: SLF001 - what the recipe itself calls
        others = "" if is_same else f", with {self.processes.count} processes after {note.processes}"
        took = time.monotonic() - began
        self.say(f"Going on from the checkpoint of step {parts.step}{others}; it was read in {took:.1f} s.")
        batches = note.rows // parts.rows_per_batch
        return Start(note.epoch, batches, parts.step, kept["random"] if is_same else None)

    def _read_metadata(self, folder: Path) -> Mapping[str, Any]:
        """Read what a checkpoint has. All processes read it, and all know if one cannot: none waits for another."""
        metadata: list[Mapping[str, Any]] = []
        reader = checkpoint.FileSystemReader(folder)
        failure = attempt(lambda: metadata.append(reader.read_metadata().state_dict_metadata))
        if any(self.processes.any_of(failure is not None)):
            raise MisfitError(failure or "another process cannot read it")
        return metadata[0]
