"""The children of a TrainJob as the core sees them.

They are summaries: the shell turns a body from the API server into one of these once, keeps it, and drops the body.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
        lacking_since: when it was started or resumed, of a Job that should have pods now and has none; None also until
            the Job controller takes it up, for the first time or again, and while it ends.
        parallelism: how many pods run at the same time, if so many are to succeed.
        placement: of a suspended Job, a digest of what says where its pods run (`placement.digest`).
    """

    replicated_job: str
    created: datetime
    lacking_since: datetime | None
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
    """Why a pod does not start: a waiting container, or a scheduler that finds no node.

    Attributes:
        since: from when the scheduler finds none; None of containers.
    """

    reason: str
    message: str
    container: str | None = None
    image: str | None = None
    since: datetime | None = None


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
class Eviction:
    """Why the kubelet ended a pod, in its own words: most often the pod took too much memory or disk itself."""

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
    eviction: Eviction | None = None

    @property
    def is_live(self) -> bool:
        """Tell whether the pod may still hold resources of a node."""
        return self.phase in {"Pending", "Running", "Unknown"}
