"""When a training in progress is saved, how many of such checkpoints are kept, and whether one goes on from them."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainjob_contract.environment import (
    CHECKPOINT_MINUTES,
    CHECKPOINT_STEPS,
    CHECKPOINTS_KEPT,
    RESUME,
    STOP_SECONDS,
)
from trainjob_contract.variables import OFF, read_count, read_number, read_word, unreadable

ON = "on"
MINUTES = 15.0
KEPT = 2
STOPPED_WITHIN = 20.0
"""Seconds. Kubernetes gives a pod 30 to end, and after the save the processes have to end, too."""
_LONGEST_MINUTES = 60.0 * 24 * 7
_LONGEST_STOP = 3600.0


@dataclass(frozen=True, slots=True)
class CheckpointSettings:
    """What the environment says.

    Attributes:
        seconds: between two checkpoints, at least; None: time asks for none.
        steps: optimizer steps between two checkpoints; None: they ask for none.
        kept: of the newest.
        stop_seconds: for a last checkpoint when the pod is asked to end; 0: none is made.
        is_resumed: a training goes on from the newest.
    """

    seconds: float | None = MINUTES * 60
    steps: int | None = None
    kept: int = KEPT
    stop_seconds: float = STOPPED_WITHIN
    is_resumed: bool = True


def read_checkpoint_settings(environment: Mapping[str, str]) -> CheckpointSettings:
    """Read the variables; empty ones count as not set. A number of steps takes the place of the usual minutes.

    Raises:
        ValueError: one cannot be read; the text names it, and says what it has to be.
    """
    steps = read_count(environment, CHECKPOINT_STEPS)
    minutes = read_number(environment, CHECKPOINT_MINUTES, "minutes", most=_LONGEST_MINUTES, can_be_off=True)
    if minutes is None and steps is None and read_word(environment, CHECKPOINT_MINUTES) != OFF:
        minutes = MINUTES
    stop = read_number(environment, STOP_SECONDS, "seconds", most=_LONGEST_STOP, can_be_zero=True)
    resume = read_word(environment, RESUME) or ON
    if resume not in {ON, OFF}:
        raise unreadable(RESUME, resume, f"{ON} or {OFF}")
    return CheckpointSettings(
        seconds=None if minutes is None else minutes * 60,
        steps=steps,
        kept=read_count(environment, CHECKPOINTS_KEPT) or KEPT,
        stop_seconds=STOPPED_WITHIN if stop is None else stop,
        is_resumed=resume == ON,
    )
