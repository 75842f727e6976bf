"""Whether the setting can be read that says how long a loss may be no number."""

from collections.abc import Mapping

from trainjob_contract.nan_loss import read_nan_steps
from trainjob_torchtune.violation import Violation


def check_nan_steps(environment: Mapping[str, str]) -> Violation | None:
    """Refuse what is neither a number of steps nor `off`."""
    try:
        read_nan_steps(environment)
    except ValueError as error:
        return Violation(f"{error}.")
    return None
