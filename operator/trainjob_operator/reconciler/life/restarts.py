"""What is done about a failure: all trainers start anew, or the TrainJob fails.

The status is written first: it counts the restart, and from then on every Job is outdated that has not succeeded and
was made for an earlier attempt, whatever became of it. So nothing is counted twice, wherever the operator is killed.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from trainjob_contract.exit_codes import InitializerExitCode, TrainerExitCode
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.failure_policy import FailureAction, FailureRule, TrainJobFailurePolicy
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.status import FailureStatus, LastFailureStatus, TrainJobStatus
from trainjob_operator.naming import NODE
from trainjob_operator.reconciler.children import DISRUPTED, Exit, Kind
from trainjob_operator.reconciler.life.failure import Failure
from trainjob_operator.reconciler.life.loss import Cause, Loss
from trainjob_operator.reconciler.ownership import Owned
from trainjob_operator.reconciler.rules.group import failure_policy_of, group_of
from trainjob_operator.reconciler.state import Delete

_FINAL_FOR_TRAINERS = frozenset({TrainerExitCode.REFUSED, TrainerExitCode.NAN_LOSS})
_FINAL_FOR_DOWNLOADS = frozenset(InitializerExitCode) - {InitializerExitCode.TERMINATED}
_RULE = re.compile(r"matching FailJob rule at index ([0-9]{1,3})$")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is done about a failure, the reason of ``Failed`` if it is that, and the words for it."""

    action: FailureAction
    reason: Reason
    message: str

    @property
    def restarts(self) -> bool:
        """Tell whether the trainers start anew."""
        return self.action != "FailTrainJob"


def judge(runtime: Runtime | None, cause: Cause, status: TrainJobStatus | None) -> Judgement:
    """Find the rule of the runtime that decides about what ended a Job, and whether there is a restart left.

    ``status`` says how many were counted by now. A runtime without a policy has none.
    """
    policy = failure_policy_of(runtime) or TrainJobFailurePolicy()
    group = group_of(runtime) if runtime is not None else frozenset()
    told, reason = cause.describe(), cause.reason
    action, is_by_rule = _choose(policy, cause, group)
    counted = (status.restarts_count_towards_max if status is not None else None) or 0
    if action == "FailTrainJob" and not is_by_rule:
        return Judgement(action, reason, told)
    if action == "FailTrainJob":
        by_rule = ". A rule of the runtime (runPolicy.failurePolicy) has the TrainJob fail"
        return Judgement(action, Reason.FAILURE_POLICY, told + by_rule)
    if action == "RestartTrainJobAndIgnoreMaxRestarts":
        return Judgement(action, reason, f"all trainers restart, which does not count: {told}")
    most = policy.max_restarts or 0
    if counted >= most:
        done = f"the trainers were restarted as often as the runtime allows (maxRestarts: {most}); the last failure: "
        return Judgement("FailTrainJob", Reason.REACHED_MAX_RESTARTS, done + told)
    return Judgement(action, reason, f"all trainers restart ({counted + 1} of {most}): {told}")


def _choose(policy: TrainJobFailurePolicy, cause: Cause, group: Collection[str]) -> tuple[FailureAction, bool]:
    """Give the action, and whether a rule says so.

    What our images refuse they refuse again, so it takes a rule that names the exit code. The kubelet evicts who takes
    more than there is: another pod would, too, which therefore counts.
    """
    rules = [rule for at, rule in _numbered(policy) if _is_met(rule, at, cause)]
    end = cause.pod.exit if isinstance(cause, Failure) and cause.pod is not None else None
    default: FailureAction = "RestartTrainJob"
    if end is not None and _is_final(end, is_training=cause.job.replicated_job in group):
        rules = [rule for rule in rules if rule.on_exit_codes is not None and rule.on_exit_codes.name(end.exit_code)]
        default = "FailTrainJob"
    action = rules[0].action if rules else default
    is_evicted = cause.pod is not None and cause.pod.eviction is not None
    if is_evicted and action == "RestartTrainJobAndIgnoreMaxRestarts":
        return "RestartTrainJob", True
    return action, bool(rules)


def _numbered(policy: TrainJobFailurePolicy) -> Iterator[tuple[int | None, FailureRule]]:
    """Yield the rules, those on pod conditions with their number in the Jobs' podFailurePolicy."""
    number = 0
    for rule in policy.rules or ():
        yield (None if rule.on_pod_conditions is None else number), rule
        number += rule.on_pod_conditions is not None


def _is_met(rule: FailureRule, number: int | None, cause: Cause) -> bool:
    if rule.on_exit_codes is not None:
        end = cause.pod.exit if isinstance(cause, Failure) and cause.pod is not None else None
        return end is not None and rule.on_exit_codes.meet(end.container, end.exit_code)
    if cause.pod is None:
        outcome = cause.job.outcome
        told = _RULE.search(outcome.message) if isinstance(cause, Loss) and outcome is not None else None
        return told is not None and int(told[1]) == number
    conditions = {(one.type, one.status) for one in cause.pod.conditions}
    if isinstance(cause, Loss):
        conditions.add((DISRUPTED, "True"))
    return any((pattern.type, pattern.status) in conditions for pattern in rule.on_pod_conditions or ())


def _is_final(end: Exit, *, is_training: bool) -> bool:
    if is_training:
        return end.container == NODE and end.exit_code in _FINAL_FOR_TRAINERS
    return end.exit_code in _FINAL_FOR_DOWNLOADS


def remember(evidence: FailureStatus, action: FailureAction, at: datetime) -> LastFailureStatus:
    """Note the newest failure with what was done about it."""
    return LastFailureStatus(**dict(evidence), action=action, time=at)


def clear_away(owned: Owned) -> tuple[Delete, ...]:
    """Delete the Jobs of before the restart, which others take the place of."""
    jobs = (job for job in owned.outdated.values() if not job.deleting)
    return tuple(Delete(kind=Kind.JOB, name=job.name, uid=job.uid) for job in jobs)
