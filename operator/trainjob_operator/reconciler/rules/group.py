"""Which steps of a runtime train together: what is restarted as a whole, and what its failure policy cannot go with."""

from collections.abc import Iterator

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.failure_policy import TrainJobFailurePolicy
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.naming import TRAINER
from trainjob_operator.reconciler.rules.trainjob import ancestor_of
from trainjob_operator.reconciler.rules.violation import Violation

POLICY = "spec.runPolicy.failurePolicy"
_STEPS = "spec.template.spec.replicatedJobs"


def failure_policy_of(runtime: Runtime | None) -> TrainJobFailurePolicy | None:
    """Give what is to be done about failures; None leaves it at the first one."""
    policy = runtime.spec.run_policy if runtime is not None else None
    return policy.failure_policy if policy is not None else None


def group_of(runtime: Runtime) -> frozenset[str]:
    """Name the steps that train together: all but those that prepare, which are done before the trainer begins."""
    steps = runtime.spec.template.spec.replicated_jobs
    preparing = {step.name for step in steps if ancestor_of(step) not in {TRAINER, None}}
    awaited = [step.name for step in steps if ancestor_of(step) == TRAINER]
    for step in reversed(steps):  # a step may only depend on earlier ones
        if step.name in awaited or step.name in preparing:
            waits_for = {one.name for one in step.depends_on or () if one.status == "Complete"}
            preparing |= waits_for - set(awaited)
    return frozenset(step.name for step in steps) - preparing


def check_failure_policy(runtime: Runtime) -> Iterator[Violation]:
    """Find what a failure policy lacks, and what in the steps it is for would decide in its place."""
    policy = failure_policy_of(runtime)
    if policy is None:
        return
    for at, rule in enumerate(policy.rules or ()):
        if (rule.on_exit_codes is None) is (rule.on_pod_conditions is None):
            message = "exactly one of onExitCodes and onPodConditions must be set"
            yield Violation(Reason.RUNTIME_INVALID, f"{POLICY}.rules[{at}]", message)
    group = group_of(runtime)
    for step in runtime.spec.template.spec.replicated_jobs:
        spec = step.template.spec
        per_index = (spec.model_extra or {}).get("backoffLimitPerIndex")
        for field, value in (("podFailurePolicy", spec.pod_failure_policy), ("backoffLimitPerIndex", per_index)):
            if step.name in group and value is not None:
                yield Violation(
                    Reason.RUNTIME_INVALID,
                    f"{_STEPS}[{step.name}].template.spec.{field}",
                    f"cannot be combined with {POLICY}, which decides about failures: leave one of them out",
                )
