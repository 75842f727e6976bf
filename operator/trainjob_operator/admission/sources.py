"""Whether what downloads for a new TrainJob can read where from: a mistyped storage URI costs a pod, or another model.

Of our own image it is known what it reads. Of others only what hardly anybody means is told, as a warning. What has
begun is not checked again: it is the image of its runtime that has to read it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trainjob_contract.environment import STORAGE_URI
from trainjob_contract.storage_uri import Kind, UnreadableUri, parse_source
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import InitializerSource, TrainJob
from trainjob_operator.naming import DATASET_INITIALIZER, MODEL_INITIALIZER
from trainjob_operator.reconciler.merge.initializer import source_of
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.reconciler.rules.trainjob import ancestor_of
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.wording import shorten

_OURS = re.compile(r"(.*/)?trainjob-operator/initializer(:[^/]*)?(@.*)?")
_KINDS = {DATASET_INITIALIZER: Kind.DATASET, MODEL_INITIALIZER: Kind.MODEL}
_REFERENCE = "$("  # what the kubelet puts in for it, nobody knows here
_LONGEST_TOLD = 600


@dataclass(frozen=True, slots=True)
class _Misread:
    """A storage URI that our image cannot read, and the image that is to read it."""

    field: str
    found: UnreadableUri
    image: str

    @property
    def message(self) -> str:
        return f"{shorten(self.found.shown)} {shorten(self.found.problem, _LONGEST_TOLD)}"


def check_sources(job: TrainJob, runtime: Runtime) -> Iterator[Violation]:
    """Refuse a storage URI that our initializer could not read."""
    for one in _find_misread(job, runtime):
        if _OURS.fullmatch(one.image):
            yield Violation(Reason.INVALID_SPEC, one.field, one.message)


def advise_on_sources(job: TrainJob, runtime: Runtime) -> Iterator[str]:
    """Yield a warning where a page's address or a secret stands for an initializer that is not ours."""
    for one in _find_misread(job, runtime):
        if not _OURS.fullmatch(one.image) and (one.found.meant or one.found.has_secrets):
            known = "" if one.found.has_secrets else f" (unless {shorten(one.image)}, which is not ours, reads this)"
            yield f"{one.field}: {one.message}{known}"


def _find_misread(job: TrainJob, runtime: Runtime) -> Iterator[_Misread]:
    for step in runtime.spec.template.spec.replicated_jobs:
        ancestor = ancestor_of(step) or ""
        source = source_of(job, ancestor)
        container = find_container(step.template, ancestor)
        if source is None or container is None:
            continue
        kind = _KINDS[ancestor]
        field, uri = _given(source)
        if uri and _REFERENCE not in uri:
            found = parse_source(uri, kind)
            if isinstance(found, UnreadableUri):
                yield _Misread(f"spec.initializer.{kind}.{field}", found, container.image or "")


def _given(source: InitializerSource) -> tuple[str, str]:
    """Return which field says where from, and what; nothing if only the pod will know."""
    for at, entry in enumerate(source.env or ()):
        if entry.name == STORAGE_URI:
            return f"env[{at}].value", (entry.value or "").strip()
    return "storageUri", (source.storage_uri or "").strip()
