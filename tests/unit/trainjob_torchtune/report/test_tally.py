"""What becomes of what a training tells: the numbers of a report."""

import math
from dataclasses import replace
from datetime import UTC, datetime

from trainjob_contract.progress import TRAINING, Checkpoint, Point, Progress, Report
from trainjob_torchtune.report.memory import Memory
from trainjob_torchtune.report.tally import Tally
from trainjob_torchtune.steps.telling import Phase, Saved, Step

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STEP = Step(
    step=1, steps=10, epoch=1, epochs=2, loss=4.0, lr=1e-3, tokens_per_second=100.0, peak_memory=3 << 30, seconds=60.0
)
SECOND = replace(STEP, step=2, loss=3.0, peak_memory=1 << 30, seconds=2.0)
THIRD = replace(STEP, step=3, epoch=2, loss=2.0, lr=None, tokens_per_second=None, peak_memory=None, seconds=4.0)
SAVED = Checkpoint(step=2, time=NOW, size=5, seconds=0.5)


def test_the_phase_of_steps_is_the_one_that_the_operator_knows() -> None:
    assert Phase.TRAINING == TRAINING


def test_before_the_first_step_only_the_phase_is_known() -> None:
    tally = Tally(1)
    tally.enter(Phase.SETUP, 0)

    assert tally.report() == Report(Progress(phase="setup"), None, {})


def test_steps_are_counted_up() -> None:
    tally = Tally(4)
    tally.enter(Phase.FIRST_STEP, 0)
    tally.step(STEP)
    tally.enter(Phase.TRAINING, 1)
    tally.step(SECOND)
    tally.save(Saved(step=2, size=5, seconds=0.5), NOW)

    assert tally.report() == Report(
        Progress(
            phase="training",
            step=2,
            steps=10,
            epoch=1,
            epochs=2,
            checkpoint=SAVED,
            curve=(Point(1, 4.0), Point(2, 3.0)),
        ),
        16.0,
        {
            "loss": 3.0,
            "learning_rate": 1e-3,
            "tokens_per_second": 400.0,
            "peak_memory_gib": 3.0,
            "step": 2.0,
            "epoch": 1.0,
            "seconds_per_step": 2.0,
        },
    )


def test_the_first_step_says_nothing_of_the_time_that_is_left() -> None:
    tally = Tally(1)
    tally.step(STEP)

    report = tally.report()

    assert report.remaining_seconds is None
    assert report.metrics["seconds_per_step"] is None
    assert report.progress.percentage == 10


def test_what_a_recipe_does_not_tell_is_not_told() -> None:
    tally = Tally(2)
    tally.step(THIRD)

    assert {name for name, value in tally.report().metrics.items() if value is None} == {
        "learning_rate",
        "tokens_per_second",
        "peak_memory_gib",
        "seconds_per_step",
    }


def test_a_loss_that_is_no_number_is_told_and_not_drawn() -> None:
    tally = Tally(1)
    tally.step(replace(STEP, loss=math.nan))

    report = tally.report()

    assert math.isnan(report.metrics["loss"] or 0)
    assert report.progress.curve == ()


def test_one_that_goes_on_has_its_curve_and_its_checkpoint() -> None:
    old = Tally(1)
    for step in (STEP, SECOND):
        old.step(step)
    memory = old.save(Saved(step=2, size=5, seconds=0.5), NOW)
    tally = Tally(1)
    tally.enter(Phase.SETUP, 0)

    tally.go_on(2, memory)
    before = tally.report().progress
    tally.step(THIRD)

    assert before == Progress(
        phase="setup", step=2, resumed_from_step=2, checkpoint=SAVED, curve=(Point(1, 4.0), Point(2, 3.0))
    )
    assert tally.report().progress.curve == (Point(1, 4.0), Point(2, 3.0), Point(3, 2.0))


def test_what_came_after_the_checkpoint_is_forgotten() -> None:
    memory = Memory(1, (Point(1, 4.0), Point(2, 3.0)), SAVED)
    tally = Tally(1)

    tally.go_on(1, memory)

    assert tally.report().progress == Progress(phase="setup", step=1, resumed_from_step=1, curve=(Point(1, 4.0),))


def test_without_a_memory_the_curve_begins_anew() -> None:
    tally = Tally(1)

    tally.go_on(8, None)

    assert tally.report().progress == Progress(phase="setup", step=8, resumed_from_step=8)


def test_the_end_is_a_phase() -> None:
    tally = Tally(1)
    tally.step(STEP)
    tally.end(10)

    assert (tally.report().progress.phase, tally.report().progress.percentage) == ("done", 100)
    assert tally.report().remaining_seconds is None
