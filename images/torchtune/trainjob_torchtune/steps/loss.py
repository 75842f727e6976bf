"""What a loss tells that is no number: the weights are spoilt, and each further step is a waste."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from trainjob_contract.nan_loss import SENTENCE


class NotANumberError(ArithmeticError):
    """The loss stayed nan or infinite. The text says for how long, what it mostly comes of, and what to do."""


_REMEDY = (
    "The weights are of no use since then. Mostly the learning rate is too high, or there are rows without a token to"
    " learn from: lower optimizer.lr, set clip_grad_norm=1.0, or look at the data set"
)


@dataclass(slots=True)
class LossWatch:
    """Looks at the loss of each optimizer step.

    Attributes:
        patience: after so many steps in a row without a number the training ends; None: it never does.
        say: takes a line of the log.
    """

    patience: int | None
    say: Callable[[str], None]
    _first: int = 0
    _count: int = 0
    _last: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Whether the last loss was a number."""
        return self._count == 0

    def see(self, step: int, loss: float) -> None:
        """Take the loss of a step.

        Raises:
            NotANumberError: too many in a row were none.
        """
        if math.isfinite(loss):
            if self._count:
                self.say(f"Step {step}: the loss is a number again.")
            self._count = 0
            return
        self._first = self._first if self._count else step
        self._count += 1
        self._last = loss
        if self._count == 1:
            end = f"; if it stays so for {self.patience} steps, the training ends" if self.patience is not None else ""
            self.say(f"Warning: Step {step}: the loss is {loss}{end}.")
        if self.patience is not None and self._count >= self.patience:
            raise NotANumberError(self._describe())

    def end(self) -> None:
        """Take the end of the training.

        Raises:
            NotANumberError: the last step's loss was none.
        """
        if self.patience is not None and self._count:
            raise NotANumberError(self._describe())

    def _describe(self) -> str:
        steps = f"for {self._count} steps, since step {self._first}" if self._count > 1 else f"at step {self._first}"
        return f"{SENTENCE}{self._last} {steps}. {_REMEDY}."
