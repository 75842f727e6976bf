"""Whether what downloads for a new TrainJob can read where from: a mistyped storage URI costs a pod, or another model.

Of our own image it is known what it reads. Of others only what hardly anybody means is told, as a warning. What has
begun is not checked again: it is the image of its runtime that has to read it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trainjob_contract.storage_uri import Kind, UnreadableUri, parse_source
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import DATASET_INITIALIZER, MODEL_INITIALIZER
from trainjob_operator.reconciler.merge.initializer import source_of, storage_uri_of
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.reconciler.rules.image import INITIALIZER, is_ours
from trainjob_operator.reconciler.rules.trainjob import ancestor_of
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.wording import shorten

_KINDS = {DATASET_INITIALIZER: Kind.DATASET, MODEL_INITIALIZER: Kind.MODEL}
_REFERENCE = "$("  # what the kubelet puts in for it, nobody knows here
_LONGEST_TOLD = 600


@dataclass(frozen=True, slots=True)
class Misread:
    """A storage URI that our image cannot read, and the image that is to read it."""

    field: str
    found: UnreadableUri
    image: str

    @property
    def is_for_us(self) -> bool:
        """Whether it is our image that is to read it."""
        return is_ours(self.image, INITIALIZER)

    @property
    def message(self) -> str:
        """What it is, and what to write."""
        return f"{shorten(self.found.shown)} {shorten(self.found.problem, _LONGEST_TOLD)}"


def check_sources(misread: Iterable[Misread]) -> Iterator[Violation]:
    """Refuse a storage URI that our initializer could not read."""
    for one in misread:
        if one.is_for_us:
            yield Violation(Reason.INVALID_SPEC, one.field, one.message)


def advise_on_sources(misread: Iterable[Misread]) -> Iterator[str]:
    """Yield a warning where a page's address or a secret stands for an initializer that is not ours."""
    for one in misread:
        if not one.is_for_us and (one.found.meant or one.found.has_secrets):
            known = "" if one.found.has_secrets else f" (unless {shorten(one.image)}, which is not ours, reads this)"
            yield f"{one.field}: {one.message}{known}"


def find_misread(job: TrainJob, runtime: Runtime) -> Iterator[Misread]:
    """Read where a TrainJob downloads from, and find what our image could not."""
    for step in runtime.spec.template.spec.replicated_jobs:
        ancestor = ancestor_of(step) or ""
        source = source_of(job, ancestor)
        container = find_container(step.template, ancestor)
        given = storage_uri_of(source) if source is not None else None
        if given is None or container is None:
            continue
        kind = _KINDS[ancestor]
        field, uri = given
        if uri.strip() and _REFERENCE not in uri:
            found = parse_source(uri.strip(), kind)
            if isinstance(found, UnreadableUri):
                yield Misread(f"spec.initializer.{kind}.{field}", found, container.image or "")
