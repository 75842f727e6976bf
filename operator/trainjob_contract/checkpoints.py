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

OFF = "off"
ON = "on"
MINUTES = 15.0
KEPT = 2
STOPPED_WITHIN = 20.0
"""Seconds. Kubernetes gives a pod 30 to end, and after the save the processes have to end, too."""
_LONGEST_MINUTES = 60.0 * 24 * 7
_LONGEST_STOP = 3600.0
_SHOWN = 40


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

    @property
    def is_off(self) -> bool:
        """Whether none are made."""
        return self.seconds is None and self.steps is None


def read_checkpoint_settings(environment: Mapping[str, str]) -> CheckpointSettings:
    """Read the variables; empty ones count as not set. A number of steps takes the place of the usual minutes.

    Raises:
        ValueError: one cannot be read; the text names it, and says what it has to be.
    """
    given = {name: text for name, value in environment.items() if (text := value.strip().lower())}
    steps = _whole(given, CHECKPOINT_STEPS)
    minutes = _number(given, CHECKPOINT_MINUTES, _LONGEST_MINUTES, "of minutes, more than 0", can_be_off=True)
    if minutes is None:
        seconds = None if steps is not None or given.get(CHECKPOINT_MINUTES) == OFF else MINUTES * 60
    else:
        seconds = minutes * 60
    stop = _number(given, STOP_SECONDS, _LONGEST_STOP, "of seconds, 0 or more", can_be_zero=True)
    resume = given.get(RESUME, ON)
    if resume not in {ON, OFF}:
        raise _unreadable(RESUME, resume, f"{ON} or {OFF}")
    return CheckpointSettings(
        seconds=seconds,
        steps=steps,
        kept=_whole(given, CHECKPOINTS_KEPT) or KEPT,
        stop_seconds=STOPPED_WITHIN if stop is None else stop,
        is_resumed=resume == ON,
    )


def _whole(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < _SHOWN and int(text) >= 1):
        raise _unreadable(name, text, "a whole number, 1 or more")
    return int(text)


def _number(
    given: Mapping[str, str],
    name: str,
    most: float,
    wanted: str,
    *,
    can_be_off: bool = False,
    can_be_zero: bool = False,
) -> float | None:
    text = given.get(name)
    if text is None or (can_be_off and text == OFF):
        return None
    wanted = f"a number {wanted}{f', or {OFF}' if can_be_off else ''}"
    is_number = text.isascii() and text.count(".") <= 1 and text.replace(".", "").isdecimal() and len(text) < _SHOWN
    value = float(text) if is_number else -1.0
    if value > most:
        raise _unreadable(name, text, f"{most:g} at most")
    if value < 0 or (value == 0 and not can_be_zero):
        raise _unreadable(name, text, wanted)
    return value


def _unreadable(name: str, text: str, wanted: str) -> ValueError:
    return ValueError(f"{name} is {text[:_SHOWN]!r}; it has to be {wanted}")
