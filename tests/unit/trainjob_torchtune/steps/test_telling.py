"""Listeners are told all, each phase once, and cannot end a training."""

from dataclasses import dataclass, field

import pytest

from trainjob_torchtune.steps.telling import Phase, Saved, Step, Teller

STEP = Step(step=1, steps=8, epoch=1, epochs=2, loss=1.5, lr=1e-3, tokens_per_second=9.0, peak_memory=None, seconds=0.5)
SAVED = Saved(step=1, size=7, seconds=0.1)


@dataclass
class Notes:
    """All that was told."""

    told: list[object] = field(default_factory=list)

    def enter(self, phase: Phase, step: int) -> None:
        self.told.append((phase, step))

    def step(self, step: Step) -> None:
        self.told.append(step)

    def save(self, saved: Saved) -> None:
        self.told.append(saved)

    def end(self, step: int) -> None:
        self.told.append(step)


class Broken(Notes):
    def step(self, step: Step) -> None:
        super().step(step)
        raise ConnectionError("nobody there")


def test_each_is_told_all_in_order() -> None:
    notes, others = Notes(), Notes()
    teller = Teller((notes, others), pytest.fail)

    teller.enter(Phase.FIRST_STEP, 0)
    teller.step(STEP)
    teller.enter(Phase.SAVING, 1)
    teller.enter(Phase.SAVING, 1)
    teller.save(SAVED)
    teller.end(8)

    assert notes.told == [(Phase.FIRST_STEP, 0), STEP, (Phase.SAVING, 1), SAVED, 8]
    assert others.told == notes.told


def test_one_that_fails_is_told_nothing_more() -> None:
    said: list[str] = []
    broken, notes = Broken(), Notes()
    teller = Teller((broken, notes), said.append)

    teller.step(STEP)
    teller.step(STEP)

    assert (broken.told, notes.told) == ([STEP], [STEP, STEP])
    assert said == ["Warning: Broken is told nothing more of the training: ConnectionError: nobody there."]


def test_what_is_saved_between_two_steps_is_no_part_of_them() -> None:
    now = [100.0]
    teller = Teller((), pytest.fail, lambda: now[0])

    teller.enter(Phase.FIRST_STEP, 0)
    now[0] += 3
    assert teller.lap() == 3
    teller.enter(Phase.SAVING, 1)
    now[0] += 50
    teller.enter(Phase.TRAINING, 1)
    now[0] += 2
    assert teller.lap() == 2
    now[0] += 4
    assert teller.lap() == 4
