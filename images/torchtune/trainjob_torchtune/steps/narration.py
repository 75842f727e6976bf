"""From what a recipe logs of a step to what is told of it, and then the look at its loss."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from trainjob_torchtune.steps.loss import LossWatch
from trainjob_torchtune.steps.telling import Step, Teller

_GIB = 1 << 30  # what torchtune/training/memory.py counts in


class Counted(Protocol):
    """What a recipe counts; `steps` and `epochs` there will be, `epoch` from 1."""

    @property
    def steps(self) -> int: ...  # noqa: D102 - see above

    @property
    def epoch(self) -> int: ...  # noqa: D102

    @property
    def epochs(self) -> int: ...  # noqa: D102


@dataclass(slots=True)
class Narration:
    """Takes each step's numbers.

    Attributes:
        counted: the recipe.
        done: how many steps have been seen, or were before this training began.
    """

    counted: Counted
    teller: Teller
    watch: LossWatch
    done: int

    def see(self, number: int, payload: Mapping[str, Any]) -> None:
        """Take what is logged of a step; PPO logs once for several.

        Raises:
            NotANumberError: see LossWatch.
        """
        seconds = self.teller.lap() / max(1, number - self.done)
        self.done = number
        loss = _number(payload, "loss")
        if loss is None:
            return
        reserved = _number(payload, "peak_memory_reserved")
        step = Step(
            step=number,
            steps=self.counted.steps,
            epoch=self.counted.epoch,
            epochs=self.counted.epochs,
            loss=loss,
            lr=_number(payload, "lr"),
            tokens_per_second=_number(payload, "tokens_per_second_per_gpu"),
            peak_memory=int(reserved * _GIB) if reserved is not None and math.isfinite(reserved) else None,
            seconds=seconds,
        )
        self.teller.step(step)
        self.watch.see(number, loss)


def _number(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    return None if value is None else float(value)
