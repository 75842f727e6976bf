"""The children of a TrainJob as the core sees them.

They are summaries: the shell turns a body from the API server into one of these once, keeps it, and drops the body.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

DISRUPTED = "DisruptionTarget"
"""https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions"""


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
        started: when it was started or resumed last.
        attempt: how often the TrainJob had been restarted when it was made.
        is_late: it is about to fail because its own deadline has passed, and its pods are being deleted for that.
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
    started: datetime | None = None
    attempt: int = 0
    is_late: bool = False


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
class PodCondition:
    """A condition of a pod."""

    type: str
    status: str
    reason: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PodChild:
    """A pod of a Job of a TrainJob.

    Attributes:
        job, job_uid: the Job; it may be gone, and another one have its name.
        exit: the first failed container's, if any failed by itself.
        conditions: of a pod that has failed or is being deleted.
    """

    name: str
    uid: str
    trainjob_uid: str | None
    job: str
    job_uid: str
    created: datetime
    phase: str
    node: str | None
    deleting: bool
    trouble: Trouble | None
    exit: Exit | None
    eviction: Eviction | None = None
    conditions: tuple[PodCondition, ...] = ()

    @property
    def is_live(self) -> bool:
        """Tell whether the pod may still hold resources of a node."""
        return self.phase in {"Pending", "Running", "Unknown"}

    @property
    def disruption(self) -> PodCondition | None:
        """Say why the pod was, or is being, taken off its node: preemption, drain, a node that is gone, eviction."""
        return next((one for one in self.conditions if (one.type, one.status) == (DISRUPTED, "True")), None)
