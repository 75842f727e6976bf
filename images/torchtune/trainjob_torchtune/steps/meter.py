"""The metric logger of a recipe that is told of every step, and hands on what the user's own would be told without it.

Every recipe logs each `log_every_n_steps`-th of its steps on its first process, and computes then what it logs. So the
recipe is made to log every step, and what the user did not ask for ends here.
"""

from collections.abc import Callable, Mapping
from typing import Any

_PEAK = "peak_memory"


class Meter:
    """Stands for a recipe's metric logger.

    Attributes of the logger that are not named here are the logger's own.
    """

    def __init__(
        self,
        logger: Any,  # noqa: ANN401 - TorchTune's, or the user's own
        is_wanted: Callable[[], bool],
        see: Callable[[int, Mapping[str, Any]], None],
    ) -> None:
        """Wrap a logger.

        Args:
            logger: the user's.
            is_wanted: tells whether the recipe would log the step at which it is.
            see: takes the number of each step, from 1, and what is logged of it.
        """
        self._logger = logger
        self._is_wanted = is_wanted
        self._see = see
        self._peaks: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the logger has it
        return getattr(self._logger, name)

    def log_dict(self, payload: Mapping[str, Any], step: int) -> None:
        """Take what is logged of a step.

        Torch's highest counts of memory begin anew whenever they are logged; the highest since the last time that the
        user's logger was told is what it would have been told.
        """
        for name, value in payload.items():
            if name.startswith(_PEAK):
                self._peaks[name] = max(self._peaks.get(name, value), value)
        if self._is_wanted():
            self._logger.log_dict({**payload, **self._peaks}, step=step)
            self._peaks.clear()
        self._see(step, payload)
