"""Where a training is, between two optimizer steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainjob_torchtune.steps.parts import Parts
from trainjob_torchtune.steps.random_numbers import get_random


@dataclass(frozen=True, slots=True)
class Place:
    """The epoch, the first of which is 0, how many batches of it are done, what the recipe counts, and random numbers.

    Nothing but gradients changes on the way to the next step, so a training that is stopped there is saved as of here.
    """

    epoch: int
    batches: int
    counters: Mapping[str, int]
    random: Mapping[str, Any]

    @classmethod
    def here(cls, parts: Parts, epoch: int, batches: int) -> "Place":
        """Return where a recipe is."""
        return cls(epoch, batches, parts.counters, get_random(parts.generator))

    @property
    def step(self) -> int:
        """How many optimizer steps have been made."""
        return self.counters["global_step"]
