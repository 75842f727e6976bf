"""Rules of a runtime's failure policy that can hardly be meant: those that contradict others, or never decide."""

from collections.abc import Iterator
from dataclasses import dataclass

from trainjob_operator.api.failure_policy import ExitCodes, FailureRule, PodConditionPattern
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.reconciler.merge.templates import containers_of
from trainjob_operator.reconciler.rules.group import POLICY, failure_policy_of, group_of
from trainjob_operator.wording import shorten

_POSSIBLE = frozenset(range(1, 256))
"""Exit codes of a failure: Linux keeps the last eight bits."""


def advise_on_restarts(runtime: Runtime) -> Iterator[str]:
    """Yield warnings about a runtime's failure policy."""
    policy = failure_policy_of(runtime)
    if policy is None:
        return
    rules = policy.rules or ()
    reaches = [_reach_of(rule) for rule in rules]
    steps = runtime.spec.template.spec.replicated_jobs
    containers = {container.name for step in steps for container in containers_of(step.template)}
    for at, rule in enumerate(rules):
        where = f"{POLICY}.rules[{at}]"
        if rule.on_exit_codes is not None:
            yield from _advise_on_codes(f"{where}.onExitCodes", rule.on_exit_codes, reaches[at].codes, containers)
        first = next((before for before in range(at) if reaches[before].covers(reaches[at])), None)
        if first is not None:
            is_same = rules[first].action == rule.action
            how = "says the same as" if is_same else f"contradicts ({rule.action}, not {rules[first].action})"
            yield f"{where} {how} rules[{first}], which comes first and decides: leave one of them out"
        elif rule.action == "RestartTrainJob" and not policy.max_restarts:
            yield f"{where}: {rule.action} restarts nothing, because maxRestarts is 0: raise it, or say FailTrainJob"
    yield from _advise_on_overruled(runtime)


def _advise_on_codes(where: str, codes: ExitCodes, possible: frozenset[int], containers: set[str]) -> Iterator[str]:
    if not possible:
        yield f"{where}.values: no failure has such an exit code (1 to 255), so the rule is never met"
    if codes.container_name is not None and codes.container_name not in containers:
        yield f"{where}.containerName: no step has a container {shorten(codes.container_name)}: the rule is never met"


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a rule is met by: pod conditions, or exit codes of one container, or of any if ``container`` is None."""

    conditions: frozenset[PodConditionPattern] = frozenset()
    container: str | None = None
    codes: frozenset[int] = frozenset()

    def covers(self, other: "_Reach") -> bool:
        """Tell whether this is met whenever the other is."""
        is_same_kind = bool(other.conditions) == bool(self.conditions) and bool(other.codes) == bool(self.codes)
        is_same_place = self.container in {None, other.container}
        return is_same_kind and is_same_place and other.conditions <= self.conditions and other.codes <= self.codes


def _reach_of(rule: FailureRule) -> _Reach:
    if rule.on_exit_codes is None:
        return _Reach(conditions=frozenset(rule.on_pod_conditions or ()))
    values = _POSSIBLE & frozenset(rule.on_exit_codes.values)
    codes = values if rule.on_exit_codes.operator == "In" else _POSSIBLE - values
    return _Reach(container=rule.on_exit_codes.container_name, codes=codes)


def _advise_on_overruled(runtime: Runtime) -> Iterator[str]:
    """Warn of what the group's Jobs will not have: the first failure of a pod ends them, so that all start anew."""
    group = group_of(runtime)
    for at, step in enumerate(runtime.spec.template.spec.replicated_jobs):
        where, spec = f"spec.template.spec.replicatedJobs[{at}].template.spec", step.template.spec
        if step.name not in group:
            continue
        if spec.backoff_limit:
            yield f"{where}.backoffLimit becomes 0 by {POLICY}: one pod's failure restarts all; maxRestarts limits that"
        if spec.template.spec.restart_policy not in {None, "Never"}:
            yield f"{where}.template.spec.restartPolicy becomes Never by {POLICY}: one pod's failure restarts all"
