"""What is wrong with a row."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that TorchTune cannot train on: its number, from 0, what is wrong with it, and what to do."""

    row: int
    words: str
    remedy: str
