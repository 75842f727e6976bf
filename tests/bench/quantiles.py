"""How a measured quantity is spread."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Values that were really measured, by nearest rank: p90 is the least one that 90 % do not exceed."""

    count: int
    p50: float
    p90: float
    p95: float
    p99: float
    highest: float


def quantiles(values: Iterable[float]) -> Quantiles:
    """Summarize values, of which there must be one at least."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Quantiles(len(ordered), at(0.5), at(0.9), at(0.95), at(0.99), ordered[-1])
