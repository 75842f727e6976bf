"""The runtime as a TrainJob first saw it, out of the ConfigMap that keeps it.

Whoever may write ConfigMaps in a namespace may write such a one: no more of it is believed than the runtime that the
TrainJob names, and nothing that was there before the TrainJob began unless it says what the runtime says.
"""

from dataclasses import dataclass
from functools import lru_cache

import orjson

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef, TrainJob
from trainjob_operator.controller.kube.client import Body
from trainjob_operator.errors import InvalidObjectError, UnreadableTextError
from trainjob_operator.naming import snapshot_name
from trainjob_operator.plain_yaml import load
from trainjob_operator.reconciler.life.lifecycle import has_had_jobs
from trainjob_operator.wording import shorten

DATA_KEY = "runtime"
_COMMON_LENGTH = 64 * 1024


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a snapshot cannot be used, and what to do about it."""

    message: str


def judge_snapshot(body: Body, job: TrainJob, live: Runtime | None) -> Runtime | Unusable | None:
    """Give the runtime in a ConfigMap that has the name of the TrainJob's snapshot; None if it is somebody else's.

    The TrainJob's status, which those who write ConfigMaps do not write, says whether it has begun. Until then a
    snapshot can only be one that was made a moment ago, of the runtime as it is.
    """
    if owner_uid(body) != job.metadata.uid:
        return None
    try:
        runtime = read_snapshot(body, job.spec.runtime_ref)
    except InvalidObjectError as error:
        if not has_had_jobs(job):
            return None
        return Unusable(
            f"ConfigMap {snapshot_name(job.metadata.name)}, which keeps the runtime as this TrainJob first saw it,"
            f" cannot be used: {shorten(error, 500)}. What runs goes on. Delete the ConfigMap, and the TrainJob goes on"
            " with the runtime as it is now; or create the TrainJob anew"
        )
    return runtime if has_had_jobs(job) or (live is not None and live.spec == runtime.spec) else None


def read_snapshot(body: Body, ref: RuntimeRef) -> Runtime:
    """Parse a snapshot. Ours are JSON, those of Kubeflow Trainer YAML.

    Raises:
        InvalidObjectError: the ConfigMap holds no runtime, or another than the one that is named.
    """
    text = (body.get("data") or {}).get(DATA_KEY)
    if not isinstance(text, str):
        raise InvalidObjectError(f"ConfigMap {body['metadata']['name']} has no key {DATA_KEY!r}")
    runtime = _parse_common(text) if len(text) <= _COMMON_LENGTH else _parse(text)
    group = runtime.api_version.rpartition("/")[0]
    if (group, runtime.kind, runtime.metadata.name) != (ref.api_group, ref.kind, ref.name):
        raise InvalidObjectError(
            f"it holds {runtime.kind} {shorten(runtime.metadata.name)}, and spec.runtimeRef names {ref.kind} {ref.name}"
        )
    return runtime


def owner_uid(body: Body) -> str | None:
    """Give the UID of an object's controlling owner."""
    return next((o["uid"] for o in body["metadata"].get("ownerReferences", ()) if o.get("controller")), None)


def _parse(text: str) -> Runtime:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            document = load(text)
        except UnreadableTextError as error:
            raise InvalidObjectError(f"the snapshot of the runtime is neither JSON nor YAML: {error}") from error
    return parse_runtime(document)


_parse_common = lru_cache(maxsize=64)(_parse)  # most TrainJobs of a cluster share a few runtimes
