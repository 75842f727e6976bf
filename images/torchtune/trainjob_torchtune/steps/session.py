"""Saves a training between two batches when it is time, and stops it in order when it is asked to.

All that is done here is done by all processes at the same batch.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from trainjob_contract.checkpoints import CheckpointSettings
from trainjob_torchtune.steps.heartbeat import Heartbeat
from trainjob_torchtune.steps.loss import LossWatch
from trainjob_torchtune.steps.parts import Parts
from trainjob_torchtune.steps.place import Place
from trainjob_torchtune.steps.processes import Processes
from trainjob_torchtune.steps.random_numbers import set_random
from trainjob_torchtune.steps.resumption import Start
from trainjob_torchtune.steps.saver import Saver
from trainjob_torchtune.steps.stop import StopFolder
from trainjob_torchtune.steps.telling import Phase, Teller

_SAVE_SHARE = 50
"""A training spends at most one part in so many on saving, however short the interval."""


class StoppedError(SystemExit):
    """Leaves a recipe's loop through its data loader; no failure to torchrun, which would end the others hard."""


@dataclass(slots=True)
class Session:
    """One process's side of a training.

    Attributes:
        watch: tells whether the loss is a number; what is spoilt is not saved.
        stop: where the launcher asks for an end; None: it does not.
        heart: shows that this process moves.
        say: takes a line of the log, of the first process alone.
    """

    parts: Parts
    processes: Processes
    settings: CheckpointSettings
    saver: Saver
    watch: LossWatch
    stop: StopFolder | None
    teller: Teller
    heart: Heartbeat | None
    say: Callable[[str], None]
    _place: Place | None = None
    _start: Start | None = None
    _saved_step: int = 0
    _tried_step: int = 0
    _saved_at: float = field(default_factory=time.monotonic)
    _save_took: float = 0.0
    _has_failed: bool = False

    def start_at(self, start: Start) -> None:
        """Begin where another training has come to."""
        self._start = start
        self._saved_step = self._tried_step = start.step

    def begin(self, epoch: int, done: int) -> None:
        """Take the begin of an epoch, so many batches of which are left out."""
        if self._start is not None and self._start.random is not None:
            set_random(self._start.random, self.parts.generator)
        self._start = None
        if self._place is None:
            self._place = Place.here(self.parts, epoch, done)
            self.teller.enter(Phase.FIRST_STEP, self.parts.step)

    def through(self, epoch: int, done: int) -> None:
        """Take that the recipe is through with a batch.

        Raises:
            StoppedError: somebody has asked for it.
        """
        is_step = done % self.parts.batches_per_step == 0
        if is_step:
            self._place = Place.here(self.parts, epoch, done)
            self.teller.enter(Phase.TRAINING, self.parts.step)
        if self.heart is not None:
            self.heart.beat(self.parts.step)
        is_due, is_asked, is_spoilt = self.processes.any_of(
            is_step and self._is_due(), self.stop is not None and self.stop.is_asked, not self.watch.is_sound
        )
        if (is_due or is_asked) and not is_spoilt:
            self._save(is_last=is_asked)
        if is_asked:
            self._end()

    def finish(self) -> None:
        """Take the end of the training: nobody goes on from a step of it any more."""
        self.processes.part()
        if self.processes.is_first:
            self.saver.folder.clear()
        self.teller.end(self.parts.step)

    def _is_due(self) -> bool:
        """Tell whether it is time; steps may go unseen, so what counts is that a multiple was passed."""
        every, seconds = self.settings.steps, self.settings.seconds
        if every is not None and self.parts.step // every > self._tried_step // every:
            return True
        if seconds is None or not self.processes.is_first:
            return False
        return time.monotonic() - self._saved_at >= max(seconds, _SAVE_SHARE * self._save_took)

    def _save(self, *, is_last: bool) -> None:
        """Save the place, if that is news. Failures cost no training, and several in a row one warning."""
        place = self._place
        if place is None or place.step == self._saved_step:
            return
        began = time.monotonic()
        with self.teller.saving(self.parts.step):
            failure = self.saver.save(place)
        self._saved_at = time.monotonic()
        self._save_took = self._saved_at - began
        self._tried_step = place.step
        if failure is None:
            self._saved_step = place.step
        elif not self._has_failed or is_last:
            older = f"that of step {self._saved_step} stays" if self._saved_step else "there is none yet"
            self.say(f"Warning: Step {place.step}: no checkpoint, {older}: {failure}.")
        self._has_failed = failure is not None

    def _end(self) -> NoReturn:
        if self.stop is not None:
            self.stop.stop(self._saved_step)
        goes_on = f"the next start goes on from step {self._saved_step}" if self._saved_step else "nothing is saved"
        self.say(f"Stopped, as asked; {goes_on}.")
        self.processes.part()
        raise StoppedError(0)
