"""A loss that is no number ends a training, and the user's logger is told what it would be told without us."""

import re
from dataclasses import replace

import pytest
from tests.training.container import Container

SINGLE = ("full_finetune_single_device", "llama3_2/1B_full_single_device")
PAIR = ("full_finetune_distributed", "llama3_2/1B_full")
SPOILT = ("optimizer.lr=1e30", "gradient_accumulation_steps=1", "log_every_n_steps=2")


@pytest.mark.parametrize(
    ("recipe", "torchrun"), [pytest.param(SINGLE, (), id="one"), pytest.param(PAIR, ("--nproc_per_node=2",), id="two")]
)
def test_it_ends_the_training(container: Container, recipe: tuple[str, str], torchrun: tuple[str, ...]) -> None:
    container = replace(container, variables={"TRAINJOB_NAN_STEPS": "3"})
    outcome = container.run(container.tiny(*recipe, *SPOILT, torchrun=torchrun))

    assert outcome.code == 24, "\n".join(outcome.lines)
    assert re.match(r"The loss was nan for 3 steps, since step \d+\. The weights are of no use", outcome.termination)
    [warning] = [line for line in outcome.lines if line.startswith("Warning: Step")]
    assert warning.endswith(": the loss is nan; if it stays so for 3 steps, the training ends.")


def test_what_cannot_be_read_is_refused(container: Container) -> None:
    container = replace(container, variables={"TRAINJOB_NAN_STEPS": "often"})
    outcome = container.run(container.tiny(*SINGLE))

    assert outcome.code == 20
    assert outcome.termination == "TRAINJOB_NAN_STEPS is 'often'; it has to be a whole number, 1 or more, or off."


def test_the_users_logger_is_told_every_second_step(container: Container) -> None:
    outcome = container.run(container.tiny(*SINGLE, "gradient_accumulation_steps=1", "log_every_n_steps=2"))

    assert outcome.code == 0, "\n".join(outcome.lines)
    steps = [
        int(line.split()[1])
        for line in (container.output / "logs" / "train.log").read_text().splitlines()
        if line.startswith("Step ")
    ]
    assert len(steps) > 2
    assert steps == list(range(2, 2 * len(steps) + 1, 2))
