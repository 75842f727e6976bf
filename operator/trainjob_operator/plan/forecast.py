"""What admission says about TrainJobs and the runtimes that they use, and what the operator makes of those let through.

The answers are those of ``admission.review``, asked as the webhooks ask; the manifests are those of ``reconciler``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trainjob_operator.admission import review
from trainjob_operator.admission.normal import Object, object_at
from trainjob_operator.admission.review import Answer, Request
from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef, TrainJob, parse_trainjob
from trainjob_operator.api.validation import check_schema
from trainjob_operator.errors import InvalidObjectError
from trainjob_operator.naming import GROUP, TRAINING_RUNTIME, TRAINJOB
from trainjob_operator.plan.documents import Documents, Identity
from trainjob_operator.plan.shipped import shipped_names, shipped_runtime
from trainjob_operator.reconciler.life.lifecycle import is_managed, is_suspended
from trainjob_operator.reconciler.manifests.children import build_children
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import Rejected, ResolvedJob
from trainjob_operator.reconciler.state import Manifest

NO_UID = "00000000-0000-0000-0000-000000000000"
"""Stands for the UID that only a server gives."""

_VALIDATION_LABEL = f"{GROUP}/webhook-validation"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What becomes of a TrainJob. ``is_shipped``: its runtime is the one that comes with this version."""

    job: TrainJob
    resolved: ResolvedJob
    children: tuple[Manifest, ...]
    is_shipped: bool


@dataclass(frozen=True, slots=True)
class PlannedTrainJob:
    """What is said about an object.

    Attributes:
        errors: why it is refused; nothing is if there are none.
        hint: how to go on, where the errors cannot say it.
        forecast: what becomes of it; None of what is refused, and of runtimes.
    """

    identity: Identity
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    hint: str = ""
    forecast: Forecast | None = None


def foresee(documents: Documents, now: datetime) -> tuple[PlannedTrainJob, ...]:
    """Give the outcome of each runtime that was given and is used, then that of each TrainJob."""
    requests = [(identity, _creation(identity, body, now)) for identity, body in documents.trainjobs]
    used = dict.fromkeys(
        _runtime_identity(identity, ref)
        for identity, request in requests
        if (ref := review.runtime_wanted(request)) is not None
    )
    return (
        *(_judge_runtime(one, documents.runtimes[one], now) for one in used if one in documents.runtimes),
        *(_judge_trainjob(identity, request, documents.runtimes) for identity, request in requests),
    )


def all_children(outcomes: Sequence[PlannedTrainJob]) -> Iterator[Manifest]:
    """Yield the manifests of all children."""
    for outcome in outcomes:
        if outcome.forecast is not None:
            yield from outcome.forecast.children


def _creation(identity: Identity, body: Object, now: datetime) -> Request:
    metadata = {"uid": NO_UID, **object_at(body, "metadata")}
    if identity.namespace:
        metadata["namespace"] = identity.namespace
    new = {**{name: value for name, value in body.items() if name != "status"}, "metadata": metadata}
    return Request(kind=identity.kind, operation="CREATE", old=None, new=new, now=now)


def _judge_runtime(identity: Identity, body: Object, now: datetime) -> PlannedTrainJob:
    """Ask about a runtime, unless its label says that the webhooks shall not be asked."""
    request = _creation(identity, body, now)
    asks = object_at(request.new, "metadata", "labels").get(_VALIDATION_LABEL) != "disabled"
    answer = review.validate(request, None) if asks else Answer(allowed=True)
    errors = dict.fromkeys((*check_schema(identity.kind, request.new), *answer.errors))
    return PlannedTrainJob(identity, tuple(errors), answer.warnings)


def _judge_trainjob(identity: Identity, asked: Request, runtimes: Mapping[Identity, Object]) -> PlannedTrainJob:
    wanted = review.runtime_wanted(asked)
    found = _find_runtime(identity, wanted, runtimes) if wanted is not None else None
    runtime = None if isinstance(found, InvalidObjectError) else found
    completion = review.mutate(asked, runtime)
    request = _after(asked, completion)
    answer = (
        review.deny_unreadable(wanted, str(found))
        if wanted is not None and isinstance(found, InvalidObjectError)
        else review.validate(request, runtime)
    )
    errors = (*completion.errors, *check_schema(TRAINJOB, request.new), *answer.errors)
    warnings = tuple(dict.fromkeys((*completion.warnings, *answer.warnings)))
    if errors or runtime is None:
        hint = _hint(wanted) if wanted is not None and found is None else ""
        return PlannedTrainJob(identity, tuple(dict.fromkeys(errors)), warnings, hint)
    job = parse_trainjob(request.new)
    result = resolve(job, runtime)
    if isinstance(result, Rejected):
        return PlannedTrainJob(identity, (result.message,), warnings)
    children = build_children(result, is_suspended=is_suspended(job)) if is_managed(job) else ()
    is_shipped = _runtime_identity(identity, job.spec.runtime_ref) not in runtimes
    return PlannedTrainJob(identity, (), warnings, forecast=Forecast(job, result, children, is_shipped))


def _after(request: Request, completion: Answer) -> Request:
    """Give the request as the next webhook sees it; a completion replaces whole fields of the specification."""
    if not completion.patch:
        return request
    fields = {_unescape(change["path"].removeprefix("/spec/")): change["value"] for change in completion.patch}
    new = {**request.new, "spec": {**request.new["spec"], **fields}}
    return Request(kind=request.kind, operation=request.operation, old=request.old, new=new, now=request.now)


def _unescape(name: Any) -> str:  # noqa: ANN401 - a value of a JSON patch
    return str(name).replace("~1", "/").replace("~0", "~")


def _find_runtime(
    trainjob: Identity, ref: RuntimeRef, runtimes: Mapping[Identity, Object]
) -> Runtime | InvalidObjectError | None:
    """Find a runtime among those given, or else among those that are shipped."""
    body = runtimes.get(_runtime_identity(trainjob, ref))
    if body is None:
        return shipped_runtime(ref)
    try:
        return parse_runtime(dict(body))
    except InvalidObjectError as error:
        return error


def _runtime_identity(trainjob: Identity, ref: RuntimeRef) -> Identity:
    return Identity(ref.kind, trainjob.namespace if ref.kind == TRAINING_RUNTIME else "", ref.name)


def _hint(ref: RuntimeRef) -> str:
    return (
        f"known here are the runtimes that are given, and those that are shipped: {', '.join(shipped_names())}; a"
        f" cluster's own is given by `kubectl get {ref.kind.lower()} {ref.name} -o yaml`"
    )
