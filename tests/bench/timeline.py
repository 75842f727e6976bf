"""When a TrainJob reached what, and which of the time between is the operator's."""

from collections.abc import Iterable
from enum import StrEnum

from tests.bench.quantiles import Quantiles, quantiles


class Moment(StrEnum):
    """What a TrainJob, or what the floor has in its place, goes through; in this order."""

    CREATED = "created"
    FIRST_JOB = "first Job"
    DATA_READY = "data ready"
    NODE_JOB = "node Job"
    NODE_DONE = "node done"
    COMPLETE = "Complete"


Timeline = dict[Moment, float]
Span = tuple[Moment, Moment]

SHARE: tuple[Span, ...] = (
    (Moment.CREATED, Moment.FIRST_JOB),
    (Moment.DATA_READY, Moment.NODE_JOB),
    (Moment.NODE_DONE, Moment.COMPLETE),
)
"""The spans in which only the operator (on the floor the script) has something to do."""


def title(span: Span) -> str:
    """Name a span."""
    return f"{span[0]} to {span[1]}"


def length(timeline: Timeline, span: Span) -> float:
    """Give the seconds of a span; 0 if the watch of its end was faster than that of its begin."""
    return max(0.0, timeline[span[1]] - timeline[span[0]])


def share(timeline: Timeline) -> float:
    """Give the seconds that the operator had of a TrainJob's life."""
    return sum(length(timeline, span) for span in SHARE)


def latencies(timelines: Iterable[Timeline]) -> dict[str, Quantiles]:
    """Summarize each span over many TrainJobs, their sum and the whole life."""
    finished = list(timelines)
    whole = (Moment.CREATED, Moment.COMPLETE)
    return {
        **{title(span): quantiles(length(timeline, span) for timeline in finished) for span in SHARE},
        "sum of these": quantiles(map(share, finished)),
        title(whole): quantiles(length(timeline, whole) for timeline in finished),
    }
