"""The entrance: what is asked before an object is stored, and what is answered.

Whatever is asked is answered, be it an object or not: what does not fit the schema is denied, or left to the schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from trainjob_operator.admission.advice import advise, advise_on_reference, advise_on_runtime
from trainjob_operator.admission.assessment import assess, check_patch_names
from trainjob_operator.admission.fixed import check_fixed
from trainjob_operator.admission.normal import Object, object_at
from trainjob_operator.admission.patches import changed_fields, check_change
from trainjob_operator.admission.restoration import restore, stamp
from trainjob_operator.admission.translation import count_processes, has_word, write_fractions
from trainjob_operator.api.constraints import is_object_name
from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef, parse_trainjob
from trainjob_operator.api.validation import check_structure
from trainjob_operator.errors import InvalidObjectError
from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME, GROUP, TRAINING_RUNTIME, TRAINJOB
from trainjob_operator.reconciler.rules.runtime import check_runtime
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.wording import shorten

_RUNTIMES = (TRAINING_RUNTIME, CLUSTER_TRAINING_RUNTIME)
_LONGEST_MESSAGE = 8192
_LONGEST_WARNING = 400
_LONGEST_ERROR = 1500
_MOST_ERRORS = 50
_MOST_WARNINGS = 50
_TOO_DEEP = "the object is nested too deeply"


@dataclass(frozen=True, slots=True)
class Request:
    """An object that is to be stored. ``old`` is the stored one of an update."""

    kind: str
    operation: Literal["CREATE", "UPDATE"]
    old: Mapping[str, Any] | None
    new: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it may be stored.

    Attributes:
        allowed: it may.
        errors: why not.
        warnings: what its author should know.
        patch: changes that it needs, as an RFC 6902 patch.
        is_invalid: what is wrong are changes of fixed fields, for which Kubernetes answers 422 Invalid.
    """

    allowed: bool
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    patch: tuple[Mapping[str, Any], ...] = ()
    is_invalid: bool = False

    def __post_init__(self) -> None:
        """Say no more than a person reads, however much is wrong, and however long the names are that it is of."""
        few = tuple(shorten(error, _LONGEST_ERROR) for error in self.errors[: _MOST_ERRORS + 1])
        more = len(self.errors) - _MOST_ERRORS
        object.__setattr__(self, "errors", (*few[:-1], f"and {more} more") if more > 1 else few)

    @property
    def message(self) -> str:
        """All errors as one text, no longer than the API server passes on."""
        return "; ".join(self.errors)[:_LONGEST_MESSAGE]


def runtime_wanted(request: Request) -> RuntimeRef | None:
    """Name the runtime that the answer depends on, in the TrainJob's namespace if it has one; None if on none."""
    spec = _spec(request.new)
    if request.kind != TRAINJOB or spec is None or _passes(request):
        return None
    old = _spec(request.old)
    try:
        if old is not None and not changed_fields(old, spec) and not has_word(spec):
            return None
    except RecursionError:
        return None
    ref = object_at(spec, "runtimeRef")
    name, group, kind = ref.get("name"), ref.get("apiGroup", GROUP), ref.get("kind", CLUSTER_TRAINING_RUNTIME)
    if not isinstance(name, str) or not is_object_name(name) or group != GROUP or kind not in _RUNTIMES:
        return None
    return RuntimeRef(name=name, kind=kind)


def pass_unserved(request: Request, namespace: str) -> Answer:
    """Let an object through that somebody else looks after, or nobody: our rules do not hold there."""
    if request.kind != TRAINJOB or _passes(request):
        return Answer(allowed=True)
    told = f"namespace {namespace} is not among those that trainjob-operator serves here (its setting NAMESPACES)"
    return Answer(allowed=True, warnings=(f"{told}: unless another operator does, nothing becomes of this TrainJob",))


def deny_unreadable(wanted: RuntimeRef, said: str) -> Answer:
    """Deny a TrainJob whose runtime is there, and cannot be read."""
    return Answer(
        allowed=False, errors=(f"spec.runtimeRef: {wanted.kind} {shorten(wanted.name)} cannot be read: {said}",)
    )


def mutate(request: Request, runtime: Runtime | None) -> Answer:
    """Complete a TrainJob, and put back what a client lost on its way.

    What no update may change is refused here already, in words that name a way out; the schema has none.
    """
    new = _spec(request.new)
    if request.kind != TRAINJOB or new is None or _passes(request):
        return Answer(allowed=True)
    try:
        return _mutate(_spec(request.old) if _fits(request.old) else None, new, runtime, request.now)
    except RecursionError:
        return Answer(allowed=False, errors=(_TOO_DEEP,))


def validate(request: Request, runtime: Runtime | None) -> Answer:
    """Allow or deny, with everything that is wrong, and warn of what is hardly meant."""
    if _passes(request):
        return Answer(allowed=True)
    if request.kind not in {TRAINJOB, *_RUNTIMES}:
        return Answer(allowed=True)
    try:
        if misfits := tuple(islice(check_structure(request.kind, request.new), _MOST_ERRORS)):
            return Answer(allowed=False, errors=misfits)
        return _validate_trainjob(request, runtime) if request.kind == TRAINJOB else _validate_runtime(request)
    except InvalidObjectError as error:
        return Answer(allowed=False, errors=(str(error),))
    except RecursionError:
        return Answer(allowed=False, errors=(_TOO_DEEP,))


def _passes(request: Request) -> bool:
    """Tell whether an update is of no concern: of an object that is being deleted, or of nothing that is specified."""
    if request.old is None or request.operation != "UPDATE":
        return False
    is_deleted = object_at(request.new, "metadata").get("deletionTimestamp") is not None
    return is_deleted or request.old.get("spec") == request.new.get("spec")


def _mutate(old: Object | None, new: Object, runtime: Runtime | None, now: datetime) -> Answer:
    translated, warnings = count_processes(old, new, runtime)
    wanted: Object = write_fractions(translated)
    if old is not None:
        wanted, lost = restore(old, wanted)
        warnings += tuple(
            f"spec.{field} was missing in an update of spec.suspend or spec.runtimePatches and was kept: remove it in"
            " an update of its own"
            for field in lost
        )
        if wrong := tuple(islice(check_fixed(old, wanted), _MOST_ERRORS)):
            return replace(_deny(wrong, warnings), is_invalid=True)
    return Answer(allowed=True, warnings=_tidy(warnings), patch=_patch(new, stamp(old, wanted, now)))


def _patch(old: Object, new: Object) -> tuple[Mapping[str, Any], ...]:
    paths = {name: "/spec/" + name.replace("~", "~0").replace("/", "~1") for name in new}
    return tuple(
        {"op": "replace" if name in old else "add", "path": path, "value": new[name]}
        for name, path in paths.items()
        if name not in old or old[name] != new[name]
    )


def _validate_trainjob(request: Request, runtime: Runtime | None) -> Answer:
    job = parse_trainjob(_without_status(request.new))
    old, new = _spec(request.old), _spec(request.new)
    if old is None or new is None or not _fits(request.old):
        assessment = assess(job, runtime)
        warnings = (*advise(job, runtime, assessment.run), *assessment.warnings)
        return _deny(assessment.violations, warnings) if assessment.violations else _allow(warnings)
    fixed = tuple(islice(check_fixed(old, new), _MOST_ERRORS))
    wrong = (*fixed, *check_change(old, new, object_at(request.old, "status")))
    if changed_fields(old, new):
        wrong += tuple(check_patch_names(job, runtime))
    warnings = tuple(advise_on_reference(runtime))
    return replace(_deny(wrong, warnings), is_invalid=bool(fixed)) if wrong else _allow(warnings)


def _fits(body: Mapping[str, Any] | None) -> bool:
    """Tell whether a stored object fits today's schema; one that does not may become any that does."""
    try:
        parse_trainjob(_without_status(body))
    except InvalidObjectError:
        return False
    return True


def _validate_runtime(request: Request) -> Answer:
    runtime = parse_runtime({**request.new, "kind": request.kind})
    warnings = tuple(advise_on_runtime(runtime, is_new=request.operation == "CREATE"))
    wrong = tuple(check_runtime(runtime))
    return _deny(wrong, warnings) if wrong else _allow(warnings)


def _deny(violations: tuple[Violation, ...], warnings: tuple[str, ...]) -> Answer:
    return Answer(allowed=False, errors=tuple(dict.fromkeys(map(str, violations))), warnings=_tidy(warnings))


def _allow(warnings: tuple[str, ...]) -> Answer:
    return Answer(allowed=True, warnings=_tidy(warnings))


def _tidy(warnings: tuple[str, ...]) -> tuple[str, ...]:
    """Make header values of them: printable, not too long, each once."""
    short = (shorten(text, _LONGEST_WARNING) for text in warnings[:_MOST_WARNINGS])
    printable = ("".join(char if char.isprintable() else "?" for char in text) for text in short)
    return tuple(dict.fromkeys(printable))


def _without_status(body: Mapping[str, Any] | None) -> Object:
    return {name: value for name, value in (body or {}).items() if name != "status"}


def _spec(body: Mapping[str, Any] | None) -> Object | None:
    spec = body.get("spec") if body is not None else None
    return spec if isinstance(spec, Mapping) else None
