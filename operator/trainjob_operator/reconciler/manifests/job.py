"""The Job of one step of a TrainJob."""

from collections.abc import Iterable
from typing import Any

from trainjob_operator.api.failure_policy import FailureRule
from trainjob_operator.api.workload import JobSpec, TemplateMeta
from trainjob_operator.naming import (
    ANCESTOR_LABEL,
    ATTEMPT_LABEL,
    JOBSET_PREFIX,
    REPLICATED_JOB_LABEL,
    TRAINJOB_NAME_LABEL,
    TRAINJOB_UID_LABEL,
    job_key,
    job_name,
)
from trainjob_operator.reconciler.manifests.metadata import build_metadata, without_instance
from trainjob_operator.reconciler.resolved import ResolvedJob, Step
from trainjob_operator.reconciler.rules.group import failure_policy_of, group_of
from trainjob_operator.reconciler.state import Manifest

_IGNORE_DISRUPTIONS = {
    "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
}


_NO_SIDECAR = {"sidecar.istio.io/inject": "false"}
"""A proxy beside the program would keep the pod running when the program has ended."""
_NOT_EVICTED = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"}
"""Training that is moved to save a node costs more than the node."""


def build_job(job: ResolvedJob, step: Step, *, is_suspended: bool = False, attempt: int = 0) -> Manifest:
    """Run a step once on each of its pods, under the labels that JobSet would give.

    ``attempt`` is how often the TrainJob was restarted before.
    """
    marks = _marks(job, step, attempt)
    template = step.template
    metadata = build_metadata(job, job_name(job.name, step.name))
    metadata["labels"] = without_instance(job.labels) | without_instance(template.metadata.labels) | marks
    metadata["annotations"] = job.annotations | (template.metadata.annotations or {}) | marks
    rules = _rules(job, step)
    pod = template.spec.template
    pod_spec = _with_last_words(pod.spec.model_dump(mode="json", by_alias=True, exclude_unset=True))
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": template.spec.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"template"})
        | {"completionMode": "Indexed", "parallelism": step.pods, "completions": step.completions}
        | ({"suspend": True} if is_suspended else {})
        | (_failure_defaults(template.spec) if rules is None else _end_at_first(rules))
        | {
            "template": {
                "metadata": _pod_metadata(pod.metadata, marks, is_trainer=step.name == job.trainer),
                "spec": {"restartPolicy": "Never"}
                | pod_spec
                | {"subdomain": job.subdomain}
                | ({} if rules is None else {"restartPolicy": "Never"}),
            }
        },
    }


def _with_last_words(pod_spec: dict[str, Any]) -> dict[str, Any]:
    """Have the end of a container's log kept with the pod's status, where the container itself leaves no message."""
    policy = "terminationMessagePolicy"
    return pod_spec | {
        field: [container | {policy: container.get(policy, "FallbackToLogsOnError")} for container in pod_spec[field]]
        for field in ("initContainers", "containers")
        if pod_spec.get(field)
    }


def _failure_defaults(spec: JobSpec) -> dict[str, Any]:
    """Let a failure be final, and a node's drain none, where the runtime does not say otherwise.

    OnFailure would keep a crash-looping pod for minutes and delete it with its evidence, and Kubernetes allows no
    podFailurePolicy beside it.
    """
    if spec.template.spec.restart_policy not in {None, "Never"}:
        return {}
    defaults: dict[str, Any] = {}
    if spec.backoff_limit is None and "backoffLimitPerIndex" not in (spec.model_extra or {}):
        defaults["backoffLimit"] = 0
    if spec.pod_failure_policy is None:
        defaults["podFailurePolicy"] = _IGNORE_DISRUPTIONS
    return defaults


def _rules(job: ResolvedJob, step: Step) -> Iterable[FailureRule] | None:
    """Give the rules about failures of a step that trains with others; None if those of the Job's own template hold."""
    policy = failure_policy_of(job.runtime)
    return None if policy is None or step.name not in group_of(job.runtime) else policy.rules or ()


def _end_at_first(rules: Iterable[FailureRule]) -> dict[str, Any]:
    """Have a Job fail with its first pod: the others cannot go on, and the operator decides what becomes of them all.

    Rules on pod conditions have the Job tell which of them was met, should nobody have seen the pod go.
    """
    patterns = [rule.on_pod_conditions for rule in rules if rule.on_pod_conditions is not None]
    failing = [
        {"action": "FailJob", "onPodConditions": [{"type": one.type, "status": one.status} for one in several]}
        for several in patterns
    ]
    return {"backoffLimit": 0} | ({"podFailurePolicy": {"rules": failing}} if failing else {})


def _pod_metadata(template: TemplateMeta, marks: dict[str, str], *, is_trainer: bool) -> dict[str, Any]:
    """Give a pod its labels and annotations; what the runtime says of sidecars and eviction wins over ours."""
    labels = {key: value for key, value in without_instance(template.labels).items() if key != ANCESTOR_LABEL}
    kept = _NOT_EVICTED if is_trainer else {}
    return {"labels": _NO_SIDECAR | labels | marks, "annotations": kept | (template.annotations or {}) | marks}


def _marks(job: ResolvedJob, step: Step, attempt: int) -> dict[str, str]:
    """Give what JobSet v0.12 writes on each Job and pod, as labels and as annotations."""
    count = str(len(job.steps))
    numbers = {
        "replicatedjob-replicas": "1",
        "global-replicas": count,
        "job-index": "0",
        "job-global-index": str(step.index),
        "job-key": job_key(job.namespace, job_name(job.name, step.name)),
        "group-name": step.group.name,
        "group-replicas": str(step.group.size),
        "job-group-index": str(step.group.index),
    }
    return {
        TRAINJOB_NAME_LABEL: job.name,
        TRAINJOB_UID_LABEL: job.uid,
        REPLICATED_JOB_LABEL: step.name,
        ATTEMPT_LABEL: str(attempt),
        **{f"{JOBSET_PREFIX}{name}": value for name, value in numbers.items()},
    }
