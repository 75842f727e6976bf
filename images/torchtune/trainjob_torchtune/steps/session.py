"""Saves a training between two batches, stops it in order, and has it go on where one before it was saved.

All that is done here is done by all processes at the same batch, or by the first for all.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from torch.distributed import checkpoint
from torch.distributed.checkpoint.api import CheckpointException
from torchtune import training

from trainjob_contract.checkpoints import CheckpointSettings
from trainjob_torchtune.steps.folder import Folder, Note, state_of
from trainjob_torchtune.steps.identity import compare
from trainjob_torchtune.steps.loss import LossWatch
from trainjob_torchtune.steps.parts import Parts
from trainjob_torchtune.steps.processes import Processes
from trainjob_torchtune.steps.random_numbers import get_random, set_random
from trainjob_torchtune.steps.stop import StopFolder
from trainjob_torchtune.steps.tree import MisfitError, Trained

# The second is no Exception, and would end the training.
_FAILURES = (Exception, CheckpointException)
_SAVE_SHARE = 50
"""A training spends at most one part in so many on saving, however short the interval."""
_LONGEST = 300
_MIB = 1 << 20


class StoppedError(SystemExit):
    """Leaves a recipe's loop through its data loader; no failure to torchrun, which would end the others hard."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a training is, between two optimizer steps."""

    epoch: int
    batches: int
    counters: Mapping[str, int]
    random: Mapping[str, Any]


class Session:
    """One process's side of it, for as long as its recipe trains."""

    def __init__(
        self,
        parts: Parts,
        *,
        processes: Processes,
        settings: CheckpointSettings,
        folder: Folder,
        identity: Mapping[str, str],
        watch: LossWatch,
        stop: StopFolder | None,
        say: Callable[[str], None],
    ) -> None:
        self._parts = parts
        self._processes = processes
        self._settings = settings
        self._folder = folder
        self._identity = identity
        self._watch = watch
        self._stop = stop
        self._say = say if processes.is_first else _silent
        self._place: _Place | None = None
        self._random: Mapping[str, Any] | None = None
        self._saved_step = self._tried_step = 0
        self._saved_at = time.monotonic()
        self._save_took = 0.0

    @property
    def _trained(self) -> Trained:
        return Trained(self._parts.model, self._parts.optimizers)

    def resume(self) -> tuple[int, int] | None:
        """Go on from the newest checkpoint that is whole and of this training; return epoch and batches done of it.

        Raises:
            RuntimeError: one could not be read to its end, and the model is spoilt.
        """
        if self._processes.is_first:
            self._folder.tidy()
            for torn in list(self._folder.torn()):
                self._say(f"Warning: The checkpoint {torn} is not whole: it is set aside as {self._set_aside(torn)}.")
        found: tuple[Path, Note] | None = self._processes.from_first(
            self._choose() if self._processes.is_first else None
        )
        if found is None:
            return None
        path, note = found
        began = time.monotonic()
        try:
            return self._restore(path, note)
        except _FAILURES as error:
            if self._processes.is_first:
                self._set_aside(path)
            self._processes.wait()
            text = f"The checkpoint {path} cannot be read, and is set aside; the next start goes on from the one before"
            raise RuntimeError(f"{text}: {_brief(error)}") from error
        finally:
            self._saved_at = time.monotonic()
            self._save_took = self._saved_at - began

    def begin(self, epoch: int, done: int) -> None:
        """Take the begin of an epoch, of which so many batches are left out."""
        if self._random is not None:
            set_random(self._random, self._parts.generator)
            self._random = None
        if done or self._place is None:
            self._place = self._here(epoch, done)
        if self._stop is not None:
            self._stop.begin()

    def through(self, epoch: int, done: int) -> None:
        """Take that the recipe is through with a batch.

        Raises:
            StoppedError: somebody has asked for it.
        """
        is_step = done % self._parts.batches_per_step == 0
        if is_step:
            self._place = self._here(epoch, done)
        is_asked = self._stop is not None and self._stop.is_asked
        is_due, is_asked, is_spoilt = self._processes.any_of(
            is_step and self._is_due(), is_asked, not self._watch.is_sound
        )
        if (is_due or is_asked) and not is_spoilt:
            self._save()
        if is_asked:
            self._end()

    def finish(self) -> None:
        """Take the end of the training, after which nobody goes on from a step of it."""
        self._processes.part()
        if self._processes.is_first:
            self._folder.clear()

    def _here(self, epoch: int, batches: int) -> _Place:
        return _Place(epoch, batches, self._parts.counters, get_random(self._parts.generator))

    def _is_due(self) -> bool:
        """Tell whether it is time; steps may go unseen, so what counts is that a multiple was passed."""
        every, seconds = self._settings.steps, self._settings.seconds
        if every is not None and self._parts.step // every > self._tried_step // every:
            return True
        if seconds is None or not self._processes.is_first:
            return False
        return time.monotonic() - self._saved_at >= max(seconds, _SAVE_SHARE * self._save_took)

    def _save(self) -> None:
        """Save the place, if that is news. What fails costs a warning, and the training goes on."""
        place = self._place
        if place is None or place.counters["global_step"] == self._saved_step:
            return
        step, began = place.counters["global_step"], time.monotonic()
        self._tried_step = step
        error = self._write(step, place)
        self._saved_at = time.monotonic()
        self._save_took = self._saved_at - began
        if error is not None:
            older = f"that of step {self._saved_step} stays" if self._saved_step else "there is none yet"
            self._say(f"Warning: Step {step}: no checkpoint, {older}: {error}.")
        else:
            self._saved_step = step

    def _write(self, step: int, place: _Place) -> str | None:
        """Write a checkpoint; return what is wrong, the same to all processes."""
        began = time.monotonic()
        failure = self._first_attempts(lambda: self._folder.begin(step))
        if failure is not None:
            return failure
        own = {"random": place.random, "scheduler": _plain(self._parts.scheduler)}
        tree = self._trained.capture(self._processes.rank, own)
        failure = _attempt(
            lambda: checkpoint.save(
                tree,
                checkpoint_id=self._folder.writing(step),
                process_group=self._processes.group,
                no_dist=self._processes.group is None,
            )
        )
        if failure is None:  # here, and so everywhere: torch tells each process of the failure of one
            failure = self._first_attempts(lambda: self._commit(step, place, began))
        if failure is not None and self._processes.is_first:
            self._folder.abandon(step)
        return failure

    def _commit(self, step: int, place: _Place, began: float) -> None:
        size = self._folder.commit(
            step,
            epoch=place.epoch,
            rows=place.batches * self._parts.rows_per_batch,
            counters=place.counters,
            processes=self._processes.count,
            identity=self._identity,
        )
        self._say(f"Checkpoint of step {step}: {size / _MIB:.0f} MiB in {time.monotonic() - began:.1f} s.")

    def _first_attempts(self, act: Callable[[], object]) -> str | None:
        """Have the first process do something; return what is wrong, the same to all processes."""
        failure: str | None = self._processes.from_first(_attempt(act) if self._processes.is_first else None)
        return failure

    def _choose(self) -> tuple[Path, Note] | None:
        """Choose the newest that fits; when the newest does not, none does, and all make place for the new training."""
        newest = next(self._folder.whole(), None)
        if newest is None:
            return None
        note = newest[1]
        if not self._settings.is_resumed:
            why: str | None = "it is asked to begin anew"
        elif note.rows % self._parts.rows_per_batch:
            why = f"{note.rows} rows are no whole batches of {self._parts.rows_per_batch}"
        else:
            why = compare(note.identity, self._identity)
        if why is None:
            return newest
        self._say(
            f"Not going on from the checkpoint of step {note.counters['global_step']}, but from the start: {why}."
        )
        self._folder.clear()
        return None

    def _restore(self, path: Path, note: Note) -> tuple[int, int]:
        began = time.monotonic()
        is_same = note.processes == self._processes.count
        metadata, failure = None, None
        try:
            metadata = checkpoint.FileSystemReader(state_of(path)).read_metadata().state_dict_metadata
        except _FAILURES as error:
            failure = error
        if any(self._processes.any_of(failure is not None)) or metadata is None:
            raise MisfitError(_brief(failure) if failure is not None else "another process cannot read it")
        rank = self._processes.rank if is_same else 0
        kept = self._trained.restore(state_of(path), metadata, rank, is_alone=self._processes.group is None)
        if self._parts.scheduler is not None and kept["scheduler"] is not None:
            self._parts.scheduler.load_state_dict(kept["scheduler"])
        self._parts.set_counters(note.counters, note.epoch)
        self._parts.catch_up(training.quantization._get_disable_fake_quant)  # noqa: SLF001 - what the recipe calls
        self._random = kept["random"] if is_same else None
        self._saved_step = self._tried_step = self._parts.step
        others = "" if is_same else f", with {self._processes.count} processes after {note.processes}"
        took = time.monotonic() - began
        self._say(f"Going on from the checkpoint of step {self._saved_step}{others}; it was read in {took:.1f} s.")
        return note.epoch, note.rows // self._parts.rows_per_batch

    def _set_aside(self, path: Path) -> str:
        try:
            return self._folder.set_aside(path).name
        except OSError as error:
            return f"(not even that is possible: {error})"

    def _end(self) -> NoReturn:
        if self._stop is not None:
            self._stop.stop(self._saved_step)
        self._say(f"Stopped, as asked; the next start goes on from step {self._saved_step}.")
        self._processes.part()
        raise StoppedError(0)


def _attempt(act: Callable[[], object]) -> str | None:
    try:
        act()
    except _FAILURES as error:
        return _brief(error)
    return None


def _plain(scheduler: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - torch's have no common type
    """Return a scheduler's state without functions: with `optimizer_in_bwd` TorchTune puts one into the object."""
    if scheduler is None:
        return None
    return {key: value for key, value in scheduler.state_dict().items() if not callable(value)}


def _brief(error: BaseException) -> str:
    """Name an error in one line; of those that torch collects from all processes the first."""
    if isinstance(error, CheckpointException) and error.failures:
        error = next(iter(error.failures.values()))[0]
    return f"{type(error).__name__}: {error}".splitlines()[0][:_LONGEST]


def _silent(_line: str) -> None:
    """Say nothing: the first process speaks for all."""
