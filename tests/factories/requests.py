"""A request to change one thing of."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from tests.factories.objects import LLAMA, runtime_body
from trainjob_operator.admission.review import Answer, Request, mutate, validate
from trainjob_operator.api.runtime import Runtime, parse_runtime

Body = dict[str, Any]
NOW = datetime(2026, 10, 1, 12, 0, 0, 5, tzinfo=UTC)
STAMP = "2026-10-01T12:00:00Z"
EARLIER = "2026-09-01T12:00:00Z"
RUNTIME = parse_runtime(runtime_body(LLAMA))


def body(name: str = "j", *, jobs: list[Body] | None = None, **spec: object) -> Body:
    metadata = {"name": name, "namespace": "team-a", "uid": "u"}
    status = {"status": {"jobsStatus": jobs}} if jobs is not None else {}
    return {"metadata": metadata, "spec": {"runtimeRef": {"name": LLAMA}, **spec}, **status}


def creation(new: Mapping[str, Any], kind: str = "TrainJob") -> Request:
    return Request(kind=kind, operation="CREATE", old=None, new=new, now=NOW)


def update(old: Mapping[str, Any], new: Mapping[str, Any], kind: str = "TrainJob") -> Request:
    return Request(kind=kind, operation="UPDATE", old=old, new=new, now=NOW)


def created(*, runtime: Runtime | None = RUNTIME, **fields: Any) -> Answer:  # noqa: ANN401 - of any form in a test
    return validate(creation(body(**fields)), runtime)


def updated(old: Body, new: Body, runtime: Runtime | None = RUNTIME) -> Answer:
    return validate(update(old, new), runtime)


def mutated(request: Request, runtime: Runtime | None = RUNTIME) -> Body:
    """Give the specification that is stored."""
    answer = mutate(request, runtime)
    assert answer.allowed, answer.message
    spec: Body = deepcopy(dict(request.new["spec"]))
    for operation in answer.patch:
        assert operation["op"] in {"add", "replace"}
        spec[operation["path"].removeprefix("/spec/")] = operation["value"]
    return spec


def patch(manager: str = "acme.io/me", *, job: str = "node", pod: Body | None = None, **fields: object) -> Body:
    """Make a runtime patch of the pods of a job."""
    jobs = [{"name": job, "template": {"spec": {"template": {"spec": pod or {}}}}}]
    return {"manager": manager, "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": jobs}}}, **fields}
