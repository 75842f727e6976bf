"""Why a training run is not started: the expected outcome of every check made before it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One sentence that names what is wrong and what to do about it."""

    message: str
