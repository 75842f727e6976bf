"""Whether our own settings can be read, which are variables of the environment."""

from collections.abc import Mapping

from trainjob_contract.survival import check_survival
from trainjob_torchtune.violation import Violation


def check_settings(environment: Mapping[str, str]) -> Violation | None:
    """Refuse a value that cannot be read, with what it has to be."""
    unreadable = check_survival(environment)
    return Violation(f"{unreadable}.") if unreadable is not None else None
