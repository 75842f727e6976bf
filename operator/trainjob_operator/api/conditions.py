"""Conditions of a TrainJob: types, reasons, and how a list of them changes."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from trainjob_operator.api.constraints import QUALIFIED_NAME, Constraints, Int64
from trainjob_operator.api.model import Model
from trainjob_operator.wording import escape


class ConditionType(StrEnum):
    """The only types that exist. A TrainJob that is fine has none: the SDK reports Running only then."""

    SUSPENDED = "Suspended"
    COMPLETE = "Complete"
    FAILED = "Failed"
    STALLED = "Stalled"


class Reason(StrEnum):
    """Why a condition is what it is; for machines and for `kubectl describe`, never branched on."""

    SUSPENDED = "Suspended"
    RESUMED = "Resumed"
    ALL_JOBS_COMPLETED = "AllJobsCompleted"
    FAILED_JOBS = "FailedJobs"
    NAN_LOSS = "NaNLoss"
    REACHED_MAX_RESTARTS = "ReachedMaxRestarts"
    FAILURE_POLICY = "FailJobSetFailurePolicyAction"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    PRE_RUNNING_DEADLINE_EXCEEDED = "PreRunningDeadlineExceeded"

    RUNTIME_NOT_FOUND = "RuntimeNotFound"
    RUNTIME_INVALID = "RuntimeInvalid"
    UNSUPPORTED_RUNTIME = "UnsupportedRuntime"
    UNSUPPORTED_FIELD = "UnsupportedField"
    INVALID_SPEC = "InvalidSpec"
    NAME_TOO_LONG = "NameTooLong"
    CHILD_CONFLICT = "ChildConflict"
    CHILD_REFUSED = "ChildRefused"
    PODS_REFUSED = "PodsRefused"
    IMAGE_PULL_FAILED = "ImagePullFailed"
    POD_START_FAILED = "PodStartFailed"
    UNSCHEDULABLE = "Unschedulable"
    INTERNAL_ERROR = "InternalError"


_MESSAGE_LIMIT = 8192
"""In characters. A status with a message of more than 32768 is refused as a whole, and then nothing is told."""


class Condition(Model):
    """A metav1.Condition. Times have whole seconds, as the API server keeps them."""

    type: Annotated[str, QUALIFIED_NAME]
    status: Literal["True", "False", "Unknown"]
    reason: Annotated[
        str, Constraints(min_length=1, max_length=1024, pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")
    ]
    message: Annotated[str, Constraints(max_length=32768, required=True)] = ""
    last_transition_time: Annotated[datetime | None, Constraints(required=True)] = None
    observed_generation: Annotated[Int64 | None, Constraints(minimum=0)] = None


def set_condition(conditions: tuple[Condition, ...], new: Condition, *, now: datetime) -> tuple[Condition, ...]:
    """Put a condition in; its transition time is kept while its status stays, and a transition moves it to the end.

    The last condition of the list is what `kubectl get` shows as the state. A message that is too long is cut,
    and what a terminal would act on is written out: others wrote parts of it.
    """
    new = new.model_copy(update={"message": escape(new.message[: _MESSAGE_LIMIT * 2])})
    if len(new.message) > _MESSAGE_LIMIT:
        new = new.model_copy(update={"message": f"{new.message[: _MESSAGE_LIMIT - 4]} ..."})
    old = next((condition for condition in conditions if condition.type == new.type), None)
    if old is not None and old.status == new.status:
        kept = new.model_copy(update={"last_transition_time": old.last_transition_time})
        return tuple(kept if condition is old else condition for condition in conditions)
    stamped = new.model_copy(update={"last_transition_time": now.replace(microsecond=0)})
    return (*(condition for condition in conditions if condition is not old), stamped)


def remove_condition(conditions: tuple[Condition, ...], type_: ConditionType) -> tuple[Condition, ...]:
    """Take a condition out."""
    return tuple(condition for condition in conditions if condition.type != type_)
