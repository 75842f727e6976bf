"""The loss over a whole training in a handful of points, however many steps it has."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from trainjob_contract.progress import MOST_POINTS, Point


@dataclass(slots=True)
class Curve:
    """Takes each step's loss; a point is the mean of `stride` steps, and when there are too many, two become one."""

    stride: int = 1
    _points: list[Point] = field(default_factory=list)
    _sum: float = 0.0
    _count: int = 0
    _step: int = 0

    @classmethod
    def going_on(cls, points: Iterable[Point], stride: int, step: int) -> "Curve":
        """Return that of a training that goes on after a step: what came later in the old one is left out."""
        kept = [point for point in points if point.step <= step and math.isfinite(point.loss)]
        curve = cls(max(1, stride), kept[-MOST_POINTS:])
        curve._thin()
        return curve

    @property
    def points(self) -> tuple[Point, ...]:
        """The curve, with the steps since its last point as one more."""
        last = [Point(self._step, self._sum / self._count)] if self._count else []
        return (*self._points, *last)

    def add(self, step: int, loss: float) -> None:
        """Take a step; a loss that is no number is no point."""
        if not math.isfinite(loss):
            return
        self._sum += loss
        self._count += 1
        self._step = step
        if self._count >= self.stride:
            self._points.append(Point(step, self._sum / self._count))
            self._sum, self._count = 0.0, 0
            self._thin()

    def _thin(self) -> None:
        if len(self._points) >= MOST_POINTS:
            pairs = zip(self._points[::2], self._points[1::2], strict=False)
            self._points = [Point(right.step, (left.loss + right.loss) / 2) for left, right in pairs]
            self.stride *= 2
