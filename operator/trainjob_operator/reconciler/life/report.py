"""What the status is to say, held against what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trainjob_operator.api.conditions import Condition, ConditionType, Reason, remove_condition, set_condition
from trainjob_operator.api.status import FailureStatus, LastFailureStatus, TrainJobStatus
from trainjob_operator.reconciler.life.lifecycle import is_suspended
from trainjob_operator.reconciler.life.summarize import has_trainer_started, summarize
from trainjob_operator.reconciler.life.suspension import tell
from trainjob_operator.reconciler.ownership import Owned
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Event, Observed, Plan

_NORMAL = {ConditionType.COMPLETE, ConditionType.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Report:
    """What is to be told of a TrainJob.

    Attributes:
        resolved: what it comes to, or None if that is not known.
        conditions: ``Complete``, ``Failed`` and ``Stalled``, as far as they hold; ``Stalled`` goes when it is not here.
        completed: when the TrainJob ended, or None.
        failure: the evidence of its first failure, or None.
        last_failure: the newest failure that something is done about now, or None.
        restart: why all trainers restart, if they do.
    """

    observed: Observed
    owned: Owned
    resolved: ResolvedJob | None
    conditions: Sequence[Condition] = ()
    completed: datetime | None = None
    failure: FailureStatus | None = None
    last_failure: LastFailureStatus | None = None
    restart: str | None = None

    def plan(self) -> Plan:
        """Give the status and the Events of what changes, or an empty plan if nothing does."""
        observed = self.observed
        recorded = (observed.job.status.conditions if observed.job.status is not None else None) or ()
        wanted = self._wanted(recorded)
        status = summarize(
            observed,
            self.owned,
            self.resolved,
            conditions=wanted,
            completed=self.completed,
            failure=self.failure,
            last_failure=self.last_failure,
        )
        if status == observed.job.status:
            return Plan()
        return Plan(
            status=status,
            urgent=(
                wanted != recorded
                or self.restart is not None
                or self._has_let_go(status)
                or _suspended(observed.job.status) != _suspended(status)
                or self._meets_a_deadline(status)
            ),
            minor=self._is_minor(status),
            events=(
                *(() if self.restart is None else (Event("Warning", "TrainJobRestarted", self.restart),)),
                *(
                    Event("Normal" if condition.type in _NORMAL else "Warning", condition.reason, condition.message)
                    for condition in wanted
                    if condition not in recorded and not self._is_told_later(condition)
                ),
            ),
        )

    def _wanted(self, recorded: tuple[Condition, ...]) -> tuple[Condition, ...]:
        now = self.observed.now.replace(microsecond=0)
        wanted = recorded
        if not any(condition.type == ConditionType.STALLED for condition in self.conditions):
            wanted = remove_condition(wanted, ConditionType.STALLED)
        if self.completed is None:
            wanted = tell(
                wanted,
                is_suspended=is_suspended(self.observed.job),
                has_trainer_started=has_trainer_started(self.observed, self.owned, self.resolved),
                now=now,
            )
        else:  # what has ended neither waits nor was resumed lately; whether anybody saw that it did is chance
            wanted = remove_condition(wanted, ConditionType.SUSPENDED)
        for condition in self.conditions:
            wanted = set_condition(wanted, condition, now=now)
        return wanted

    def _is_minor(self, status: TrainJobStatus) -> bool:
        """Tell whether nobody waits for this: neither the start, nor that all steps are up."""
        old = self.observed.job.status
        return old is not None and old.start_time == status.start_time and _is_all_up(old) == _is_all_up(status)

    def _has_let_go(self, status: TrainJobStatus) -> bool:
        """Tell whether the last pod has ended of a TrainJob that waits: queues give its place away only then."""
        return is_suspended(self.observed.job) and _active(self.observed.job.status) > 0 == _active(status)

    def _meets_a_deadline(self, status: TrainJobStatus) -> bool:
        """Tell whether all trainers run, which the pre-running deadline asks for: they may be gone by the next look."""
        old = self.observed.job.status
        known = old.trainer_start_time if old is not None else None
        is_asked_for = self.observed.job.spec.pre_running_deadline_seconds is not None
        return is_asked_for and status.trainer_start_time not in {None, known}

    @staticmethod
    def _is_told_later(condition: Condition) -> bool:
        """Tell whether ``Failed`` will say the same in a moment."""
        return condition.type == ConditionType.STALLED and condition.reason in _FINAL


def _is_all_up(status: TrainJobStatus) -> bool:
    """Tell whether the pods of every step are ready or have succeeded: what Kueue calls PodsReady."""
    jobs = status.jobs_status or ()
    return sum(job.ready + job.succeeded for job in jobs) >= len(jobs) > 0


def _suspended(status: TrainJobStatus | None) -> int:
    """Count the Jobs that wait: it changes only when somebody suspends or resumes, and looks whether that was done."""
    return sum(job.suspended for job in (status.jobs_status if status is not None else None) or ())


def _active(status: TrainJobStatus | None) -> int:
    return sum(job.active for job in (status.jobs_status if status is not None else None) or ())


_FINAL = {
    Reason.FAILED_JOBS,
    Reason.NAN_LOSS,
    Reason.REACHED_MAX_RESTARTS,
    Reason.FAILURE_POLICY,
    Reason.DEADLINE_EXCEEDED,
    Reason.PRE_RUNNING_DEADLINE_EXCEEDED,
}
