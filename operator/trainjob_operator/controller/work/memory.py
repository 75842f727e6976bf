"""What is remembered of one TrainJob between two looks at it; losing it costs a few requests, nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.controller.kube.backoff import back_off
from trainjob_operator.controller.work.pacing import Pacer
from trainjob_operator.reconciler.children import Child, Kind
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import Rejected, ResolvedJob
from trainjob_operator.reconciler.state import Endpoint, Refusal

_FIRST_HOLD = 1.0
_LONGEST_HOLD = 30.0
INSPECT_EVERY = 30.0

ChildName = tuple[str, str]


@dataclass(slots=True)
class Hold:
    """A create that was refused: why, and when to try again. ``stranger`` is the object in the way, if it is one."""

    refusal: Refusal | None
    stranger: Child | None
    failures: int
    until: float


@dataclass(slots=True)
class Inspection:
    """When a Job's Events were read last, and what they told."""

    at: float
    refusal: Refusal | None


@dataclass(slots=True)
class Resolver:
    """Resolves a TrainJob anew only if its spec, its runtime or the endpoint is not what it was the last time.

    The generation stands for the spec: the API server counts it up with every change. The runtime is compared: the
    snapshot, as soon as there is one, says the same as the runtime that it was made of.
    """

    _asked: tuple[int | None, Endpoint | None] | None = None
    _runtime: Runtime | None = None
    _resolved: ResolvedJob | Rejected | None = None

    def __call__(self, job: TrainJob, runtime: Runtime | None, endpoint: Endpoint | None) -> ResolvedJob | Rejected:
        """Merge the TrainJob into its runtime."""
        asked = (job.metadata.generation, endpoint)
        is_same = self._asked == asked and (self._runtime is runtime or self._runtime == runtime)
        if self._resolved is None or not is_same:
            self._resolved = resolve(job, runtime, endpoint)
        self._asked, self._runtime = asked, runtime
        return self._resolved


@dataclass(slots=True)
class Memory:
    """Of the TrainJob with this UID. Times are those of a monotonic clock, in seconds.

    Attributes:
        holds: creates that wait until they are tried again, by kind and name.
        inspections: by the name of the Job.
        counts: when the counts in the status are to be written.
        resolve: merges the TrainJob into its runtime, once.
        snapshot_seen_at: when the ConfigMap of the snapshot was there; ``has_lost_snapshot`` when it was not any more.
    """

    uid: str
    counts: Pacer
    snapshot: Runtime | None = None
    unusable_snapshot: str | None = None
    snapshot_seen_at: float = 0.0
    has_lost_snapshot: bool = False
    resolve: Resolver = field(default_factory=Resolver)
    holds: dict[ChildName, Hold] = field(default_factory=dict)
    inspections: dict[str, Inspection] = field(default_factory=dict)

    def keep_snapshot(self, snapshot: Runtime, now: float) -> None:
        """Remember the runtime as the TrainJob first saw it."""
        self.snapshot, self.snapshot_seen_at, self.has_lost_snapshot = snapshot, now, False

    def hold(self, kind: str, name: str, now: float, *, refusal: Refusal | None, stranger: Child | None) -> None:
        """Put a create off, longer each time."""
        known = self.holds.get((kind, name))
        failures = known.failures + 1 if known is not None else 1
        pause = back_off(failures, first=_FIRST_HOLD, longest=_LONGEST_HOLD, jitter=0.25)
        self.holds[kind, name] = Hold(refusal=refusal, stranger=stranger, failures=failures, until=now + pause)

    def is_held(self, kind: str, name: str, now: float) -> bool:
        """Tell whether a create is to wait."""
        hold = self.holds.get((kind, name))
        return hold is not None and hold.until > now

    def release(self, kind: str, name: str) -> None:
        """Forget that a create was refused."""
        self.holds.pop((kind, name), None)

    def forget_refusals(self, there: set[tuple[Kind, str]]) -> None:
        """Forget the refusals of what is there by now, whoever made it."""
        for kind, name in there:
            self.release(kind, name)

    def refusals(self) -> Iterator[Refusal]:
        """Yield what was refused: children first, then pods."""
        yield from (hold.refusal for hold in self.holds.values() if hold.refusal is not None)
        yield from (seen.refusal for seen in self.inspections.values() if seen.refusal is not None)

    def strangers(self, now: float) -> Iterator[Child]:
        """Yield objects in the way that no watch shows; after a while they are looked for again."""
        return (hold.stranger for hold in self.holds.values() if hold.stranger is not None and hold.until > now)

    def seconds_to_next_try(self, now: float) -> float | None:
        """Give the time until a create is to be tried again."""
        return min((hold.until - now for hold in self.holds.values() if hold.until > now), default=None)

    def may_inspect(self, job: str, now: float) -> bool:
        """Tell whether it is time to read a Job's Events (again)."""
        seen = self.inspections.get(job)
        return seen is None or now - seen.at >= INSPECT_EVERY

    def forget_inspections(self, with_pods: set[str], there: set[str]) -> None:
        """Forget what the Events of Jobs told that have pods now, or are gone."""
        for job in [job for job in self.inspections if job in with_pods or job not in there]:
            del self.inspections[job]
