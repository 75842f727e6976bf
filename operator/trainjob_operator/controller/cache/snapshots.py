"""The runtime as a TrainJob first saw it, out of the ConfigMap that keeps it."""

from functools import lru_cache

import orjson

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.controller.kube.client import Body
from trainjob_operator.errors import InvalidObjectError, UnreadableTextError
from trainjob_operator.plain_yaml import load

DATA_KEY = "runtime"


def read_snapshot(body: Body) -> Runtime:
    """Parse a snapshot. Ours are JSON, those of Kubeflow Trainer YAML.

    Raises:
        InvalidObjectError: the ConfigMap holds no runtime.
    """
    text = (body.get("data") or {}).get(DATA_KEY)
    if not isinstance(text, str):
        raise InvalidObjectError(f"ConfigMap {body['metadata']['name']} has no key {DATA_KEY!r}")
    return _parse(text)


@lru_cache(maxsize=64)  # most TrainJobs of a cluster share a few runtimes
def _parse(text: str) -> Runtime:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            document = load(text)
        except UnreadableTextError as error:
            raise InvalidObjectError(f"the snapshot of the runtime is neither JSON nor YAML: {error}") from error
    return parse_runtime(document)
