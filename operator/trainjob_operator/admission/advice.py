"""What is allowed and yet hardly meant: warnings for the person at the keyboard.

No value of an environment variable is ever part of one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from trainjob_contract.tune_run import TuneRun, parse_tune_run
from trainjob_operator.admission.nodes import advise_on_company
from trainjob_operator.admission.restarts import advise_on_restarts
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import Trainer, TrainJob, TrainJobSpec
from trainjob_operator.api.workload import Container, EnvVar, TemplateMeta
from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME, JOBSET_PREFIX, NODE, SUPPORT_LABEL, TRAINER
from trainjob_operator.reconciler.merge.references import expand_all, is_secret
from trainjob_operator.reconciler.merge.templates import find_container, upsert_env
from trainjob_operator.reconciler.merge.topology import processes_of
from trainjob_operator.reconciler.rules.trainjob import ancestor_of
from trainjob_operator.torchtune.arguments import key_of
from trainjob_operator.torchtune.keys import find_repetitions, find_unknown_keys
from trainjob_operator.torchtune.later import explain_later
from trainjob_operator.torchtune.values import find_misreading
from trainjob_operator.wording import shorten

_DEPRECATED = "deprecated"
_LONGEST_JOB_NAME = 20
_MOST_OVERRIDES = 256
"""Of which to say anything; people write a few dozen."""
_MOST_READ = 65536
"""Characters of overrides that are read as YAML, in all: admission has no time for more."""
_TO_JOBSET = f"alpha.{JOBSET_PREFIX}"
_PATCHED = "spec.runtimePatches: [{manager: example.com/me, trainingRuntimeSpec: {template: "
_PODS = "{spec: {replicatedJobs: [{name: %s, template: {spec: {template: %s}}}]}}}}]"
_SHAPES = {
    "labels": ("v2.0", "{metadata: {labels: ...}}}}]"),
    "annotations": ("v2.0", "{metadata: {annotations: ...}}}}]"),
    "podSpecOverrides": ("v2.0", _PODS % ("%s", "{spec: ...}")),
    "podTemplateOverrides": ("v2.1", _PODS % ("%s", "{metadata: ..., spec: ...}")),
}


def advise(job: TrainJob, runtime: Runtime | None, run: TuneRun | None) -> Iterator[str]:
    """Yield warnings about a new TrainJob."""
    yield from advise_on_reference(runtime)
    yield from _advise_on_shapes(job.spec)
    yield from _advise_on_secrets(job.spec)
    trainer = job.spec.trainer
    if run is not None and trainer is not None:
        for field, words in (("command", trainer.command), ("args", trainer.args)):
            yield from _advise_on_overrides(run, f"spec.trainer.{field}", _read(words or (), trainer, runtime))


def _read(words: Sequence[str], trainer: Trainer, runtime: Runtime | None) -> tuple[str, ...]:
    """Return words of the trainer with the values of its environment, and of the runtime's, put in."""
    steps = runtime.spec.template.spec.replicated_jobs if runtime is not None else ()
    containers = (find_container(step.template, NODE) for step in steps)
    container = next((one for one in containers if one is not None), Container(name=NODE))
    return expand_all(words, upsert_env(container, *(trainer.env or ())))


def advise_on_reference(runtime: Runtime | None) -> Iterator[str]:
    """Yield a warning about the runtime that a TrainJob names, new or not."""
    if runtime is not None and _is_deprecated(runtime):
        yield (
            f"spec.runtimeRef: {runtime.kind} {runtime.metadata.name} is deprecated and will be removed: choose"
            " another one for new TrainJobs"
        )


def advise_on_runtime(runtime: Runtime, *, is_new: bool) -> Iterator[str]:
    """Yield warnings about a runtime."""
    if is_new and _is_deprecated(runtime):
        yield (
            f"{runtime.kind} {runtime.metadata.name} is labelled {SUPPORT_LABEL}: {_DEPRECATED}: whoever uses it is"
            " warned"
        )
    if processes_of(runtime) is not None:
        yield (
            "spec.mlPolicy.torch.numProcPerNode is the form of Kubeflow Trainer v2.1, understood here; since v2.2 one"
            " process on each accelerator is what a TrainJob gets that does not give a number"
        )
    yield from advise_on_restarts(runtime)
    yield from _advise_on_annotations("spec.template", runtime.spec.template.metadata)
    for at, step in enumerate(runtime.spec.template.spec.replicated_jobs):
        where = f"spec.template.spec.replicatedJobs[{at}]"
        yield from _advise_on_annotations(f"{where}.template", step.template.metadata)
        if len(step.name) > _LONGEST_JOB_NAME:
            yield (
                f"{where}.name: {step.name} has {len(step.name)} characters; Kubeflow Trainer v2.4 allows"
                f" {_LONGEST_JOB_NAME}, and every one more shortens the names that TrainJobs can have"
            )
        if ancestor_of(step) == TRAINER:
            yield from advise_on_company(step.template, runtime, where)
        container = find_container(step.template, NODE)
        run = parse_tune_run((container.command if container is not None else None) or ())
        if isinstance(run, TuneRun):
            yield from _advise_on_overrides(run, f"{where}: override", run.overrides)


def _is_deprecated(runtime: Runtime) -> bool:
    return runtime.kind == CLUSTER_TRAINING_RUNTIME and runtime.metadata.labels.get(SUPPORT_LABEL) == _DEPRECATED


def _advise_on_annotations(where: str, metadata: TemplateMeta | None) -> Iterator[str]:
    """Warn of what JobSet's controller would do: keep a topology to one JobSet, say."""
    for name in (metadata.annotations if metadata is not None else None) or ():
        if name.startswith(_TO_JOBSET):
            yield (
                f"{where}.metadata.annotations[{shorten(name)}] has no effect: it is for JobSet, which is not used"
                " here; nodeSelector or affinity of the pods say where they may run"
            )


def _advise_on_shapes(spec: TrainJobSpec) -> Iterator[str]:
    targets = [target.name for override in spec.pod_spec_overrides or () for target in override.target_jobs]
    targets += [target.name for override in spec.pod_template_overrides or () for target in override.target_jobs]
    for field, value in (
        ("labels", spec.labels),
        ("annotations", spec.annotations),
        ("podSpecOverrides", spec.pod_spec_overrides),
        ("podTemplateOverrides", spec.pod_template_overrides),
    ):
        if value:
            version, shape = _SHAPES[field]
            now = shape % (targets or [NODE])[0] if "%s" in shape else shape
            yield (
                f"spec.{field} is the form of Kubeflow Trainer {version}, understood here; since v2.2 it is"
                f" {_PATCHED}{now}"
            )


def _advise_on_secrets(spec: TrainJobSpec) -> Iterator[str]:
    sources = spec.initializer
    for where, env, remedy in (
        ("initializer.dataset", sources.dataset.env if sources and sources.dataset else None, "secretRef"),
        ("initializer.model", sources.model.env if sources and sources.model else None, "secretRef"),
        ("trainer", spec.trainer.env if spec.trainer else None, "valueFrom.secretKeyRef"),
    ):
        for name in _secrets_in_clear(env or ()):
            how = f"name it in spec.{where}.{remedy}" if remedy == "secretRef" else f"refer to it by {remedy}"
            yield (
                f"spec.{where}.env[{shorten(name)}] is in clear, for everyone to see who may read TrainJobs or pods:"
                f" put it into a Secret under the key {shorten(name)}, and {how}"
            )


def _secrets_in_clear(env: Sequence[EnvVar]) -> Iterator[str]:
    return (entry.name for entry in env if entry.value and is_secret(entry.name))


def _advise_on_overrides(run: TuneRun, where: str, words: Sequence[str]) -> Iterator[str]:
    """Yield warnings about the overrides among the words that a field consists of."""
    found = _find(run.overrides, words)
    if len(found) > _MOST_OVERRIDES:
        return
    places, overrides = [f"{where}[{at}]" for at in found], [words[at] for at in found]
    left = _MOST_READ
    for place, argument in zip(places, overrides, strict=True):
        if argument != argument.strip():
            yield (
                f"{place} has white space at its ends, which TorchTune drops from a value and keeps in a key: take it"
                " away, such as what is left of the line ends of a file from Windows"
            )
        left -= len(argument)
        misreading = find_misreading(argument.strip()) if left >= 0 else None
        if misreading is not None:
            yield f"{place} {misreading}"
    for before, after in find_repetitions(overrides):
        yield (
            f"{places[after]} sets {shorten(key_of(overrides[after]))} once more, after {places[before]}:"
            " TorchTune takes the last one"
        )
    for unknown in find_unknown_keys(run.recipe, run.config, overrides):
        later = explain_later(overrides[unknown.position])
        hint = f", did you mean {unknown.nearest}?" if unknown.nearest else ": it changes nothing"
        hint = f": it is of a later TorchTune; {later}" if later else hint
        place = places[unknown.position]
        yield f"{place}: config {run.config} of {run.recipe} has no key {shorten(unknown.key)}{hint}"


def _find(overrides: Sequence[str], words: Sequence[str]) -> list[int]:
    """Find where overrides stand among words: behind torchrun's flags, whose values may look like them."""
    left, found = Counter(overrides), []
    for at in reversed(range(len(words))):
        if left[words[at]]:
            left[words[at]] -= 1
            found.append(at)
    return found[::-1]
