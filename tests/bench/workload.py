"""What is run: the TrainJob that the SDK sends, on the Llama runtime, and the same children without a TrainJob."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.bench.errors import BenchError
from tests.devcluster.cache import ROOT
from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.api.trainjob import parse_trainjob
from trainjob_operator.reconciler.manifests.claim import build_claim
from trainjob_operator.reconciler.manifests.job import build_job
from trainjob_operator.reconciler.manifests.service import build_service
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import Rejected
from trainjob_operator.reconciler.state import Manifest

Body = dict[str, Any]

RUNTIME = ROOT / "runtimes" / "torchtune-llama3.2-1b.yaml"
_EXAMPLE = ROOT / "manifests" / "examples" / "sdk.yaml"
_NO_UID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Children:
    """What a TrainJob consists of: what is created at once, and the Jobs that wait for others."""

    first: tuple[Manifest, ...]
    later: tuple[Manifest, ...]


def trainjob(namespace: str, name: str) -> Body:
    """Give a TrainJob."""
    return {**_read(_EXAMPLE), "metadata": {"name": name, "namespace": namespace}}


def children(namespace: str, name: str) -> Children:
    """Give what the operator would create, but for the owner and the snapshot, which it alone needs."""
    body = trainjob(namespace, name)
    job = parse_trainjob({**body, "metadata": {**body["metadata"], "uid": _NO_UID}})
    resolved = resolve(job, parse_runtime(_read(RUNTIME)))
    if isinstance(resolved, Rejected):
        raise BenchError(f"{_EXAMPLE} does not fit {RUNTIME}: {resolved.message}")
    return Children(
        first=(
            *(_without_owner(build_claim(resolved, claim)) for claim in resolved.claims),
            _without_owner(build_service(resolved)),
            *(_without_owner(build_job(resolved, step)) for step in resolved.steps if not step.depends_on),
        ),
        later=tuple(_without_owner(build_job(resolved, step)) for step in resolved.steps if step.depends_on),
    )


@cache
def _read(path: Path) -> Body:
    body: Body = yaml.safe_load(path.read_text())
    return body


def _without_owner(manifest: Manifest) -> Body:
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"}
    return {**manifest, "metadata": metadata}
