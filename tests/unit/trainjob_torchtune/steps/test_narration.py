"""What a recipe logs becomes a step's numbers, and the log a line of it every minute."""

from dataclasses import dataclass, replace

import pytest
from tests.unit.trainjob_torchtune.steps.test_telling import STEP, Notes

from trainjob_torchtune.steps.log import Log, describe
from trainjob_torchtune.steps.loss import LossWatch, NotANumberError
from trainjob_torchtune.steps.narration import Narration
from trainjob_torchtune.steps.telling import Phase, Saved, Step, Teller


@dataclass
class Counts:
    """What a recipe counts."""

    steps: int = 4000
    epoch: int = 2
    epochs: int = 3


def test_a_step_has_all_that_is_logged() -> None:
    notes, now = Notes(), [100.0]
    teller = Teller((notes,), pytest.fail, lambda: now[0])
    teller.enter(Phase.FIRST_STEP, 40)
    narration = Narration(Counts(), teller, LossWatch(None, pytest.fail), done=40)

    now[0] += 6
    narration.see(
        42, {"loss": 1.5, "lr": 1e-3, "tokens_per_second_per_gpu": 310.5, "peak_memory_reserved": 2.0, "grad_norm": 9.0}
    )
    narration.see(43, {"lr": 1e-3})

    assert notes.told[1:] == [
        Step(
            step=42,
            steps=4000,
            epoch=2,
            epochs=3,
            loss=1.5,
            lr=1e-3,
            tokens_per_second=310.5,
            peak_memory=2 << 30,
            seconds=3.0,
        )
    ]


def test_a_loss_that_is_no_number_is_told_before_it_ends_the_training() -> None:
    notes = Notes()
    narration = Narration(Counts(), Teller((notes,), pytest.fail), LossWatch(1, lambda _: None), done=0)

    with pytest.raises(NotANumberError):
        narration.see(1, {"loss": float("inf")})

    assert [step.loss for step in notes.told if isinstance(step, Step)] == [float("inf")]


def test_the_log_has_a_line_a_minute_and_one_for_each_checkpoint() -> None:
    said: list[str] = []
    now = [0.0]
    log = Log(said.append, lambda: now[0])

    log.enter(Phase.FIRST_STEP, 0)
    now[0] += 50
    log.step(replace(STEP, step=1, steps=8, seconds=50.0))
    now[0] += 20
    log.step(replace(STEP, step=2, steps=8, seconds=20.0))
    now[0] += 40
    log.step(replace(STEP, step=3, steps=8, seconds=40.0))
    log.save(Saved(step=3, size=3 << 20, seconds=0.25))
    now[0] += 30
    log.step(replace(STEP, step=4, steps=8, seconds=30.0))

    assert said == [
        "Step 2 of 8, epoch 1 of 2: loss 1.5, 20 s a step, 9 tokens/s a process; 2 min left.",
        "Checkpoint of step 3: 3 MiB in 0.2 s.",
        "Step 4 of 8, epoch 1 of 2: loss 1.5, 30 s a step, 9 tokens/s a process; 2 min left.",
    ]


@pytest.mark.parametrize(
    ("pace", "left"),
    [(None, "GiB."), (0.01, "; less than a minute left."), (1.0, "; 17 min left."), (9.0, "; 2 h 30 min left.")],
)
def test_how_long_it_takes(pace: float | None, left: str) -> None:
    step = replace(STEP, steps=1001, tokens_per_second=None, peak_memory=3 << 29)

    assert describe(step, pace) == f"Step 1 of 1001, epoch 1 of 2: loss 1.5, 0.5 s a step, 1.5 GiB{left.lstrip('GiB')}"
