"""What `kubectl get` shows of how far a TrainJob is: one short text, and true also when nothing goes on any more."""

from collections.abc import Iterable
from enum import Enum, auto

from trainjob_contract.progress import DONE, TRAINING
from trainjob_operator.api.conditions import Condition, ConditionType
from trainjob_operator.api.progress import Progress, ProgressStatus
from trainjob_operator.api.status import TrainerStatus
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.life.lifecycle import is_suspended

_ALL = "100%"
_STANDS = frozenset({ConditionType.FAILED, ConditionType.SUSPENDED})


class Motion(Enum):
    """Whether what a trainer reported last goes on."""

    GOES_ON = auto()
    STANDS = auto()
    COMPLETE = auto()


def motion_of(job: TrainJob) -> Motion:
    """Tell of a TrainJob as it is known: one that is to wait stands, though its pods may be saving."""
    motion = motion_by(job.status.conditions if job.status is not None and job.status.conditions else ())
    return Motion.STANDS if motion is Motion.GOES_ON and is_suspended(job) else motion


def motion_by(conditions: Iterable[Condition]) -> Motion:
    """Tell from conditions."""
    true = {condition.type for condition in conditions if condition.status == "True"}
    if ConditionType.COMPLETE in true:
        return Motion.COMPLETE
    return Motion.STANDS if true & _STANDS else Motion.GOES_ON


def compose_summary(
    progress: Progress | ProgressStatus | None, trainer: TrainerStatus | None, motion: Motion
) -> str | None:
    """Say how far it is: `38% 0:13:05`, or `saving 38%`; `38%` when it stands. None if there is nothing to say."""
    if progress is None and trainer is None:
        return None
    if motion is Motion.COMPLETE:
        return _ALL
    percentage = trainer.progress_percentage if trainer is not None else None
    percents = f"{percentage}%" if percentage is not None else None
    if motion is Motion.STANDS:
        return percents
    phase = progress.phase if progress is not None else None
    if phase not in {None, TRAINING, DONE}:
        return f"{phase} {percents}" if percents else phase
    left = trainer.estimated_remaining_seconds if trainer is not None else None
    if percents is None or left is None or phase == DONE:
        return percents or phase
    return f"{percents} {_clock(left)}"


def settle(progress: ProgressStatus | None, trainer: TrainerStatus | None, motion: Motion) -> ProgressStatus | None:
    """Take from the status of what does not go on what would say that it does."""
    if motion is Motion.GOES_ON or (progress is None and trainer is None):
        return progress
    kept = progress or ProgressStatus()
    summary = compose_summary(kept, trainer, motion)
    return progress if summary == kept.summary else kept.model_copy(update={"summary": summary})


def _clock(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
