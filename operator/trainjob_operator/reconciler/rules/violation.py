"""A violation: one rule that a TrainJob or its runtime breaks, and the field that breaks it."""

from dataclasses import dataclass

from trainjob_operator.api.conditions import Reason
from trainjob_operator.wording import shorten

_LONGEST_FIELD = 400
_LONGEST_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong, and where.

    ``field`` is a path in the TrainJob, or in the runtime that the message names; empty for the TrainJob as a whole.
    """

    reason: Reason
    field: str
    message: str

    def __post_init__(self) -> None:
        """Keep what others wrote from making it long; whoever asks may have written a megabyte into any field."""
        object.__setattr__(self, "field", shorten(self.field, _LONGEST_FIELD))
        object.__setattr__(self, "message", shorten(self.message, _LONGEST_MESSAGE))

    def __str__(self) -> str:
        """Write it as one part of a sentence."""
        return f"{self.field}: {self.message}" if self.field else self.message
