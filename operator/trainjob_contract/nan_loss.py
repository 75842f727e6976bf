"""A loss that is no number: for how many steps in a row it may be, and how a trainer tells that it was for too long."""

from collections.abc import Mapping

from trainjob_contract.environment import NAN_STEPS
from trainjob_contract.exit_codes import TrainerExitCode
from trainjob_contract.variables import read_count, read_word

DEFAULT = 10

SENTENCE = "The loss was "
"""How the termination message begins. Programs that are not ours may end with the same exit code."""


def tells_of_nan(exit_code: int, message: str) -> bool:
    """Say whether a trainer ended because its loss was no number, by how it ended and the message that it left."""
    return exit_code == TrainerExitCode.NAN_LOSS and message.startswith(SENTENCE)


def read_nan_steps(environment: Mapping[str, str]) -> int | None:
    """Return after how many optimizer steps in a row, None for never; an empty variable counts as one that is not set.

    Raises:
        ValueError: the variable is neither a number nor `off`; the text names it, and what it has to be.
    """
    if read_word(environment, NAN_STEPS) is None:
        return DEFAULT
    return read_count(environment, NAN_STEPS, can_be_off=True)
