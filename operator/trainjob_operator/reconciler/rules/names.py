"""Names in a TrainJob that no pod can have, or that no object can have which a pod would wait for."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trainjob_operator.api import names
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.patches import PodSpecPatch, RuntimePatch
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import EnvVar, TemplateMeta
from trainjob_operator.reconciler.merge.patching import patches_in_force
from trainjob_operator.reconciler.rules.violation import Violation

_LONGEST = 100
_DIRECTIVE = "$patch"
_OBJECT = "must consist of lower case letters, digits, hyphens and dots inside, 253 at most, as names of objects do"
_KEY = "must be a word of letters, digits, hyphens, underscores and dots inside, 63 at most, with a domain and / before"
_VALUE = "must be letters, digits, hyphens, underscores and dots inside, 63 at most"
_REFERENCES = ("secretKeyRef", "configMapKeyRef")
_VOLUMES = (("secret", "secretName"), ("configMap", "name"), ("persistentVolumeClaim", "claimName"))


def check_names(job: TrainJob) -> Iterator[Violation]:
    """Find the names that Kubernetes would refuse, or wait for without end, once everything is downloaded."""
    trainer, sources = job.spec.trainer, job.spec.initializer
    if trainer is not None:
        if trainer.image and not names.is_image(trainer.image):
            yield _violation(
                "spec.trainer.image",
                trainer.image,
                "must be the name of an image: [host[:port]/]path[:tag][@digest]"
                " in lower case but for host and tag, without blanks",
            )
        yield from _check_env("spec.trainer.env", trainer.env or ())
    for field, source in (
        ("dataset", sources.dataset if sources is not None else None),
        ("model", sources.model if sources is not None else None),
    ):
        if source is not None:
            where = f"spec.initializer.{field}"
            yield from _check_env(f"{where}.env", source.env or ())
            secret = source.secret_ref.name if source.secret_ref is not None else ""
            if secret and not names.is_object_name(secret):
                yield _violation(f"{where}.secretRef.name", secret, _OBJECT)
    for patch in patches_in_force(job):
        yield from _check_patch(patch)


def _check_env(where: str, env: Iterable[EnvVar]) -> Iterator[Violation]:
    for at, entry in enumerate(env):
        if not names.is_variable(entry.name):
            yield _violation(f"{where}[{at}].name", entry.name, 'must be printable ASCII without "="')
        source = (entry.model_extra or {}).get("valueFrom") or {}
        for field in _REFERENCES:
            reference = source.get(field) or {}
            if reference.get("optional"):
                continue
            name, key = reference.get("name"), reference.get("key")
            place = f"{where}[{at}].valueFrom.{field}"
            if name and not names.is_object_name(name):
                yield _violation(f"{place}.name", name, _OBJECT)
            if key and not names.is_data_key(key):
                yield _violation(f"{place}.key", key, "must be letters, digits, hyphens, underscores and dots")


def _check_patch(patch: RuntimePatch) -> Iterator[Violation]:
    template = patch.training_runtime_spec.template if patch.training_runtime_spec is not None else None
    if template is None:
        return
    where = f"spec.runtimePatches[{patch.manager[:_LONGEST]}]"
    yield from _check_metadata(where, template.metadata)
    for step in (template.spec.replicated_jobs if template.spec is not None else None) or ():
        of_step = f"{where}[{step.name[:_LONGEST]}]"
        yield from _check_metadata(of_step, step.template.metadata if step.template is not None else None)
        pods = step.template.spec.template if step.template is not None and step.template.spec is not None else None
        if pods is not None:
            yield from _check_metadata(of_step, pods.metadata)
            yield from _check_pods(of_step, pods.spec or PodSpecPatch())


def _check_metadata(where: str, metadata: TemplateMeta | None) -> Iterator[Violation]:
    if metadata is not None:
        yield from _check_labels(f"{where}.labels", metadata.labels or {})
        for key in metadata.annotations or ():
            if key != _DIRECTIVE and not names.is_qualified(key.lower()):
                yield _violation(f"{where}.annotations", key, _KEY)


def _check_labels(where: str, labels: Mapping[str, str]) -> Iterator[Violation]:
    for key, value in labels.items():
        if key == _DIRECTIVE:
            continue
        if not names.is_qualified(key):
            yield _violation(where, key, _KEY)
        if not names.is_word(value):
            yield _violation(f"{where}[{key[:_LONGEST]}]", value, _VALUE)


def _check_pods(where: str, pods: PodSpecPatch) -> Iterator[Violation]:
    yield from _check_labels(f"{where}.nodeSelector", pods.node_selector or {})
    account = pods.service_account_name
    if account and not names.is_object_name(account):
        yield _violation(f"{where}.serviceAccountName", account, _OBJECT)
    for at, volume in enumerate(pods.volumes or ()):
        for kind, field in _VOLUMES:
            source: Mapping[str, Any] = (volume.model_extra or {}).get(kind) or {}
            name = source.get(field)
            if name and not source.get("optional") and not names.is_object_name(name):
                yield _violation(f"{where}.volumes[{at}].{kind}.{field}", name, _OBJECT)
    for container in (*(pods.init_containers or ()), *(pods.containers or ())):
        yield from _check_env(f"{where}[{container.name[:_LONGEST]}].env", container.env or ())


def _violation(field: str, value: str, message: str) -> Violation:
    return Violation(Reason.INVALID_SPEC, field, f"{value[:_LONGEST]!r} {message}")
