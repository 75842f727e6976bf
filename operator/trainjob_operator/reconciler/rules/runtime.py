"""What a runtime may say: which fields of the JobSet-shaped template are carried out, and which are refused by name."""

import re
from collections.abc import Iterator

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.runtime import JobSetSpec, ReplicatedJob, Runtime
from trainjob_operator.naming import NODE, TRAINER
from trainjob_operator.reconciler.merge.templates import containers_of, find_container
from trainjob_operator.reconciler.rules.group import check_failure_policy
from trainjob_operator.reconciler.rules.trainjob import ancestor_of
from trainjob_operator.reconciler.rules.violation import Violation

_TEMPLATE = "spec.template.spec"
_STEPS = f"{_TEMPLATE}.replicatedJobs"
_CLAIMS = f"{_TEMPLATE}.volumeClaimPolicies"
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)


def check_runtime(runtime: Runtime) -> Iterator[Violation]:
    """Find everything in a runtime that this operator cannot carry out."""
    yield from _check_policies(runtime)
    yield from check_failure_policy(runtime)
    yield from _check_jobset(runtime.spec.template.spec)
    yield from _check_claims(runtime.spec.template.spec)
    steps = runtime.spec.template.spec.replicated_jobs
    trainers = [step for step in steps if ancestor_of(step) == TRAINER]
    if len(trainers) != 1:
        yield Violation(
            Reason.RUNTIME_INVALID, _STEPS, f"exactly one must be the {TRAINER} by its label, not {len(trainers)}"
        )
    for position, step in enumerate(steps):
        yield from _check_step(step, {earlier.name for earlier in steps[:position]})


def is_mergeable(runtime: Runtime) -> bool:
    """Tell whether a TrainJob can be merged into a runtime at all: what is asked of it beyond that, rules say."""
    steps = runtime.spec.template.spec.replicated_jobs
    trainers = [step for step in steps if ancestor_of(step) == TRAINER]
    has_names = all(_DNS_LABEL.fullmatch(step.name) for step in steps)
    return has_names and len(trainers) == 1 and find_container(trainers[0].template, NODE) is not None


def _check_policies(runtime: Runtime) -> Iterator[Violation]:
    policy = runtime.spec.ml_policy
    if runtime.spec.pod_group_policy is not None:
        yield _unsupported("spec.podGroupPolicy")
    for framework in ("mpi", "jax", "xgboost", "flux"):
        if policy is not None and getattr(policy, framework) is not None:
            yield Violation(
                Reason.UNSUPPORTED_RUNTIME, f"spec.mlPolicy.{framework}", "is not supported; torch is the one that is"
            )
            return
    injection = policy.torch.env_injection if policy is not None and policy.torch is not None else None
    steps = {step.name: step for step in runtime.spec.template.spec.replicated_jobs}
    for target in injection.targets if injection is not None else ():
        known = steps.get(target.job_name)
        names = {container.name for container in containers_of(known.template)} if known is not None else set()
        for container in target.container_names:
            if container not in names:
                yield Violation(
                    Reason.RUNTIME_INVALID,
                    "spec.mlPolicy.torch.envInjection",
                    f'envInjection target podSet "{target.job_name}" container "{container}" not found in runtime'
                    " template",
                )


def _check_jobset(jobset: JobSetSpec) -> Iterator[Violation]:
    subdomain = jobset.network.subdomain if jobset.network is not None else None
    if subdomain:
        yield from _check_name(f"{_TEMPLATE}.network.subdomain", subdomain, "Services")
    for field, is_used in (
        ("network.enableDNSHostnames", jobset.network is not None and jobset.network.enable_dns_hostnames is False),
        ("successPolicy", _is_success_partial(jobset)),
        ("failurePolicy", _is_failure_handled(jobset)),
        (
            "startupPolicy",
            jobset.startup_policy is not None and jobset.startup_policy.startup_policy_order != "AnyOrder",
        ),
        ("suspend", bool(jobset.suspend)),
        ("coordinator", jobset.coordinator is not None),
        ("managedBy", bool(jobset.managed_by)),
    ):
        if is_used:
            yield _unsupported(f"{_TEMPLATE}.{field}")


def _check_claims(jobset: JobSetSpec) -> Iterator[Violation]:
    for at, policy in enumerate(jobset.volume_claim_policies or ()):
        for number, template in enumerate(policy.templates):
            where = f"{_CLAIMS}[{at}].templates[{number}].metadata.name"
            yield from _check_name(where, template.metadata.name or "", "volumes and PersistentVolumeClaims")


def _check_name(where: str, name: str, bearers: str) -> Iterator[Violation]:
    """Refuse what Kubernetes would, in the name of every child; a status with an empty name cannot even be written."""
    if not _DNS_LABEL.fullmatch(name):
        yield Violation(
            Reason.RUNTIME_INVALID,
            where,
            f"{name!r} must consist of lower case letters, digits and hyphens inside: {bearers} are named by it",
        )


def _is_success_partial(jobset: JobSetSpec) -> bool:
    policy = jobset.success_policy
    return policy is not None and (policy.operator != "All" or bool(policy.target_replicated_jobs))


def _is_failure_handled(jobset: JobSetSpec) -> bool:
    policy = jobset.failure_policy
    return policy is not None and (bool(policy.max_restarts) or bool(policy.rules))


def _check_step(step: ReplicatedJob, earlier: set[str]) -> Iterator[Violation]:
    where = f"{_STEPS}[{step.name}]"
    yield from _check_name(f"{where}.name", step.name, "Jobs")
    if step.replicas not in {None, 1}:
        yield Violation(Reason.RUNTIME_INVALID, f"{where}.replicas", "always must be 1")
    for dependency in step.depends_on or ():
        if dependency.name not in earlier:
            yield Violation(
                Reason.RUNTIME_INVALID, f"{where}.dependsOn", f"{dependency.name} is not the name of an earlier job"
            )
    ancestor = ancestor_of(step)
    container = {TRAINER: NODE}.get(ancestor or "", ancestor)
    if container is not None and find_container(step.template, container) is None:
        yield Violation(
            Reason.RUNTIME_INVALID,
            where,
            f"must contain the required container {container} for the ancestor {ancestor}",
        )
    if step.template.spec.completion_mode not in {None, "Indexed"}:
        yield _unsupported(f"{where}.template.spec.completionMode", "NonIndexed ")
    for field in ("managedBy", "ttlSecondsAfterFinished"):
        if (step.template.spec.model_extra or {}).get(field) is not None:
            yield _unsupported(f"{where}.template.spec.{field}")
    if step.template.spec.suspend:
        yield _unsupported(f"{where}.template.spec.suspend")


def _unsupported(field: str, value: str = "") -> Violation:
    return Violation(Reason.UNSUPPORTED_FIELD, field, f"{value}is not supported: leave it out")
