"""What the core is told about the world, and what it answers.

Children are summaries: the shell turns a body from the API server into one of these once, keeps it, and drops the body.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.status import TrainJobStatus
from trainjob_operator.api.trainjob import TrainJob

Manifest = Mapping[str, Any]


class Kind(StrEnum):
    """The kinds of children that a TrainJob has."""

    CONFIG_MAP = "ConfigMap"
    SERVICE = "Service"
    CLAIM = "PersistentVolumeClaim"
    JOB = "Job"


@dataclass(frozen=True, slots=True)
class Child:
    """A Service or PersistentVolumeClaim of a TrainJob.

    Attributes:
        owner_uid: UID of the controlling owner, or None.
        owner_kind: kind of the controlling owner, or None.
        labelled: the TrainJob's name as the ``jobset-name`` label gives it, or None.
        deleting: a deletion timestamp is set.
    """

    kind: Kind
    name: str
    uid: str
    owner_uid: str | None
    owner_kind: str | None
    labelled: str | None
    deleting: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a Job ended: its ``Complete`` or ``Failed`` condition."""

    succeeded: bool
    at: datetime
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class JobChild(Child):
    """A Job of a TrainJob; the numbers count pods, as in the Job's own status.

    Attributes:
        placement: of a suspended Job, a digest of what says where its pods run (`placement.digest`).
    """

    replicated_job: str
    created: datetime
    parallelism: int
    suspended: bool
    active: int
    ready: int
    succeeded: int
    failed: int
    outcome: Outcome | None
    placement: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a pod does not start: a waiting container, or a scheduler that finds no node."""

    reason: str
    message: str
    container: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended.

    ``message`` is the termination message, or what the kubelet put in its place; up to 4096 bytes.
    """

    container: str
    exit_code: int
    reason: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PodChild:
    """A pod of a Job of a TrainJob. ``exit`` is the first failed container's, if any failed."""

    name: str
    uid: str
    trainjob_uid: str | None
    job: str
    phase: str
    node: str | None
    deleting: bool
    trouble: Trouble | None
    exit: Exit | None

    @property
    def is_live(self) -> bool:
        """Tell whether the pod may still hold resources of a node."""
        return self.phase in {"Pending", "Running", "Unknown"}


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
        children, jobs, pods: what carries the TrainJob's name; owners may differ (an older TrainJob of the same name).
        refusals: what could not be created the last time it was tried.
        now: the time, with time zone.
        endpoint: where its trainer reports, or None if there is no such place.
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
