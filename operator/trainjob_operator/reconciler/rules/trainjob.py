"""What a TrainJob may say, as pure checks that name the field."""

from collections.abc import Iterator

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.constraints import is_object_name
from trainjob_operator.api.runtime import ReplicatedJob, Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import (
    ANCESTOR_LABEL,
    CLUSTER_TRAINING_RUNTIME,
    DATASET_INITIALIZER,
    GROUP,
    MODEL_INITIALIZER,
    RESERVED_ENV,
    TRAINER,
    TRAINING_RUNTIME,
    WORKSPACE_VOLUME,
    max_trainjob_name_length,
)
from trainjob_operator.reconciler.merge.initializer import source_of
from trainjob_operator.reconciler.merge.launch import is_bare_tune_run
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.reconciler.merge.topology import count_nodes, is_torch
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.torchtune.arguments import key_of
from trainjob_operator.torchtune.composition import MANAGED_OVERRIDES
from trainjob_operator.wording import list_few, shorten


def ancestor_of(step: ReplicatedJob) -> str | None:
    """Give what a step of a runtime is to its TrainJob: ``trainer``, an initializer, or None.

    Other values of the label are the runtime's own.
    """
    ancestor = (step.template.metadata.labels or {}).get(ANCESTOR_LABEL)
    return ancestor if ancestor in {TRAINER, DATASET_INITIALIZER, MODEL_INITIALIZER} else None


def completions_of(step: ReplicatedJob, pods: int) -> int:
    """Have each pod of trainer and initializers succeed, as Kubeflow Trainer does; of other steps the runtime tells."""
    own = step.template.spec.completions
    return pods if own is None or ancestor_of(step) is not None else own


def check_reference(job: TrainJob) -> Iterator[Violation]:
    """Find out whether ``spec.runtimeRef`` can name a runtime at all."""
    ref = job.spec.runtime_ref
    if ref.api_group != GROUP or ref.kind not in {CLUSTER_TRAINING_RUNTIME, TRAINING_RUNTIME}:
        yield Violation(
            Reason.UNSUPPORTED_RUNTIME, "spec.runtimeRef", f"unsupported runtime: {ref.kind}.{ref.api_group}"
        )
    elif not is_object_name(ref.name):
        yield Violation(
            Reason.RUNTIME_NOT_FOUND,
            "spec.runtimeRef.name",
            f"{shorten(ref.name)} is the name of no runtime: it consists of lower case letters, digits, and hyphens and"
            " dots inside (kubectl get clustertrainingruntimes)",
        )


def check_trainjob(job: TrainJob, runtime: Runtime) -> Iterator[Violation]:
    """Find everything in a TrainJob that this runtime, or this operator, cannot carry out."""
    yield from _check_name(job, runtime)
    yield from _check_initializers(job, runtime)
    if is_torch(runtime):
        yield from _check_trainer(job)


def _check_name(job: TrainJob, runtime: Runtime) -> Iterator[Violation]:
    last = {step.name: max(completions_of(step, _pods(job, runtime, step)) - 1, 0) for step in _steps(runtime)}
    hosts = [f"{name}-0-{index}" for name, index in last.items()]
    longest = max(hosts, key=len, default="")
    limit = max_trainjob_name_length(longest)
    if len(job.metadata.name) > limit:
        yield Violation(
            Reason.NAME_TOO_LONG,
            "metadata.name",
            f"has {len(job.metadata.name)} characters; runtime {runtime.metadata.name} leaves {limit}, because the"
            f" host names of pods (<name>-{longest}) have to fit into 63: create it anew under a shorter name",
        )


def _steps(runtime: Runtime) -> tuple[ReplicatedJob, ...]:
    return runtime.spec.template.spec.replicated_jobs


def _pods(job: TrainJob, runtime: Runtime, step: ReplicatedJob) -> int:
    return count_nodes(job, runtime) if ancestor_of(step) == TRAINER else step.template.spec.parallelism or 1


def _check_initializers(job: TrainJob, runtime: Runtime) -> Iterator[Violation]:
    steps = {step.name: step for step in _steps(runtime)}
    for name, field in ((DATASET_INITIALIZER, "dataset"), (MODEL_INITIALIZER, "model")):
        if source_of(job, name) is None:
            continue
        where = f"spec.initializer.{field}"
        step = steps.get(name)
        if step is None or ancestor_of(step) != name:
            yield Violation(
                Reason.INVALID_SPEC,
                where,
                f"must have {name} job when trainJob is configured with input {field}Config:"
                f" {_why_no_initializer(runtime, name)}; leave the field out, or name another runtime",
            )
            continue
        container = find_container(step.template, name)
        if container is None:
            yield Violation(
                Reason.INVALID_SPEC,
                where,
                f"must have container with name - {name} in the {name} job: runtime {runtime.metadata.name} has none",
            )
        elif job.spec.workspace is None and all(
            mount.name != WORKSPACE_VOLUME for mount in container.volume_mounts or ()
        ):
            yield Violation(
                Reason.INVALID_SPEC,
                where,
                f"must have volumeMount with name - {WORKSPACE_VOLUME} in container {name}: runtime"
                f" {runtime.metadata.name} has none, and what is downloaded would be lost",
            )


def _why_no_initializer(runtime: Runtime, name: str) -> str:
    """Say what the job lacks that comes nearest to an initializer, which has to have both the name and the label."""
    labelled = next((step.name for step in _steps(runtime) if ancestor_of(step) == name), None)
    if labelled is not None:
        return f"job {labelled} of runtime {runtime.metadata.name} has its label, and would have to be called {name}"
    return f"runtime {runtime.metadata.name} has none with the label {ANCESTOR_LABEL}: {name}"


def _check_trainer(job: TrainJob) -> Iterator[Violation]:
    trainer = job.spec.trainer
    if trainer is None:
        return
    reserved = [entry.name for entry in trainer.env or () if entry.name in RESERVED_ENV]
    if reserved:
        yield Violation(
            Reason.INVALID_SPEC,
            "spec.trainer.env",
            f"must not have reserved envs, invalid envs configured: [{list_few(sorted(reserved), between=' ')}]:"
            " numNodes and numProcPerNode set them",
        )
    if is_bare_tune_run(trainer):
        for at, argument in enumerate(trainer.args or ()):
            if key_of(argument) in MANAGED_OVERRIDES:
                yield Violation(
                    Reason.INVALID_SPEC,
                    f"spec.trainer.args[{at}]",
                    f'must not set immutable config "{key_of(argument)}" in trainer args; it is managed by the runtime',
                )
