"""How often trainers report: as often as a person would look, and not so often that the API server minds."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from trainjob_contract.progress import LEAST_SECONDS, MOST_SECONDS

_WRITES_A_SECOND = 20.0
"""Of all trainers together, however many."""
_COUNTED_FOR = 5.0
_BURST = 5.0
_A_SECOND = 1.0
_MOST_REMEMBERED = 16384


@dataclass(slots=True)
class Cadence:
    """Tells when the next report is welcome.

    Attributes:
        count: counts the TrainJobs that train. Each replica knows all of them, so nothing depends on how many replicas
            there are, and which of them takes a report.
    """

    count: Callable[[], int]
    _counted: int = 0
    _until: float = field(default=-math.inf)

    def seconds(self, now: float) -> int:
        """Return after how many seconds; `now` in seconds of a clock that only grows."""
        if now >= self._until:
            self._counted = self.count()
            self._until = now + _COUNTED_FOR
        return min(MOST_SECONDS, max(LEAST_SECONDS, math.ceil(self._counted / _WRITES_A_SECOND)))


@dataclass(slots=True)
class Turns:
    """Holds back a pod that reports more often than once a second, which no trainer of ours and no callback does."""

    _pods: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict, init=False)

    def take(self, pod_uid: str, now: float) -> float:
        """Let a pod report; return 0, or the seconds until it may."""
        left, at = self._pods.get(pod_uid, (_BURST, now))
        left = min(_BURST, left + (now - at) * _A_SECOND)
        wait = (1 - left) / _A_SECOND if left < 1 else 0.0
        self._pods[pod_uid] = (left if wait else left - 1, now)
        self._pods.move_to_end(pod_uid)
        if len(self._pods) > _MOST_REMEMBERED:
            self._pods.popitem(last=False)
        return wait
