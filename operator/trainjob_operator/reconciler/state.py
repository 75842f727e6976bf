"""What the core is told about the world, and what it answers.

There are four nouns for "no". A ``Violation`` is of a rule, and names the field. ``Rejected`` is what ``resolve``
returns of a TrainJob of which nothing can be made. A ``Refusal`` is the API server's, of a child. An ``Obstacle`` is
why a TrainJob is ``Stalled``: any of these, or pods that cannot start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.status import TrainJobStatus
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.children import Child, JobChild, Kind, PodChild

Manifest = Mapping[str, Any]

UNSCHEDULABLE_AFTER = timedelta(minutes=10)
"""As long as Kubernetes gives a Deployment to make progress."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the API server, or the Job controller on its behalf, would not create.

    Attributes:
        kind: kind of the object that was refused; ``Pod`` for the pods of the Job ``name``.
        name: the child that was to be created, or the Job whose pods are refused.
        reason: the API server's reason, e.g. ``Forbidden``, or the Event's, e.g. ``FailedCreate``.
        message: the API server's own words.
    """

    kind: str
    name: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where trainers report their progress.

    Attributes:
        url_base: scheme, host and port; the path follows.
        ca: the certificates (PEM) that the server's certificate can be checked against.
    """

    url_base: str
    ca: str


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that a decision about one TrainJob may depend on.

    Attributes:
        job: the TrainJob, parsed.
        runtime: the live runtime that ``spec.runtimeRef`` names, or None if there is none.
        snapshot: the runtime as this TrainJob first saw it, or None before that.
        has_lost_snapshot: somebody deleted the ConfigMap of the snapshot, which pods to come are to read.
        unusable_snapshot: why it cannot be read, if there is one and it cannot; None otherwise.
        children, jobs, pods: what carries the TrainJob's name; owners may differ (an older TrainJob of the same name).
        refusals: what could not be created the last time it was tried.
        now: the time, with time zone.
        endpoint: where its trainer reports, or None if there is no such place.
        unschedulable_after: how long a pod may find no node before that is told.
    """

    job: TrainJob
    runtime: Runtime | None
    snapshot: Runtime | None
    now: datetime
    children: tuple[Child, ...] = ()
    jobs: tuple[JobChild, ...] = ()
    pods: tuple[PodChild, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    endpoint: Endpoint | None = None
    unschedulable_after: timedelta = UNSCHEDULABLE_AFTER
    unusable_snapshot: str | None = None
    has_lost_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class Create:
    """Create a child. ``confirm``: it existed before, so ask the API server whether the TrainJob still lives."""

    manifest: Manifest
    confirm: bool = False

    @property
    def kind(self) -> str:
        """The manifest's kind."""
        return str(self.manifest["kind"])

    @property
    def name(self) -> str:
        """The manifest's name."""
        return str(self.manifest["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a child with all that it owns, if it is still the one with this UID."""

    kind: Kind
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Patch:
    """Change a Job, if it is still the one with this UID.

    Attributes:
        operations: a JSON patch (RFC 6902).
        or_replace: if the API server does not allow it, delete the Job; it is made anew.
    """

    job: str
    uid: str
    operations: tuple[Manifest, ...]
    or_replace: bool = False


@dataclass(frozen=True, slots=True)
class Expire:
    """Delete the TrainJob itself."""


@dataclass(frozen=True, slots=True)
class Inspect:
    """Read the Events of a Job that has no pods, to learn who refuses them."""

    job: str
    uid: str


Action = Create | Delete | Patch | Expire | Inspect


@dataclass(frozen=True, slots=True)
class Event:
    """A core/v1 Event about the TrainJob; written after the status that it tells of."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done now. An empty plan means that the world is as it should be.

    Attributes:
        actions: in this order; when one fails the rest waits for the next attempt, the status too.
        status: the whole status to be written, or None if the one that is there is right.
        urgent: the status says more than other counts, so it does not wait for further changes.
        minor: it says nothing that anybody waits for: neither that the TrainJob has started, nor that all is up.
        events: one for each condition that changes with ``status``.
        requeue_after: seconds until time alone can change the decision, or None.
    """

    actions: tuple[Action, ...] = ()
    status: TrainJobStatus | None = None
    urgent: bool = False
    minor: bool = False
    events: tuple[Event, ...] = field(default=())
    requeue_after: float | None = None
