"""All settings of our trainer that are variables: a loss that is no number, checkpoints, and the orderly stop."""

from collections.abc import Mapping

from trainjob_contract.checkpoints import read_checkpoint_settings
from trainjob_contract.environment import (
    CHECKPOINT_MINUTES,
    CHECKPOINT_STEPS,
    CHECKPOINTS_KEPT,
    NAN_STEPS,
    RESUME,
    STOP_SECONDS,
)
from trainjob_contract.nan_loss import read_nan_steps

VARIABLES = (NAN_STEPS, CHECKPOINT_MINUTES, CHECKPOINT_STEPS, CHECKPOINTS_KEPT, STOP_SECONDS, RESUME)


def check_survival(environment: Mapping[str, str]) -> str | None:
    """Say which variable cannot be read, and what it has to be; None if all can."""
    try:
        read_nan_steps(environment)
        read_checkpoint_settings(environment)
    except ValueError as error:
        return str(error)
    return None
