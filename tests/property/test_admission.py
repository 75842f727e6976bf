"""Whatever is asked is answered: thousands of objects from the CRDs' schemas, right and wrong, and none is too much."""

from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

import orjson
import pytest

from tests.factories.generation import Body, objects
from tests.factories.objects import LLAMA, SDK, runtime_body
from tests.factories.requests import RUNTIME, body, creation, patch, update
from trainjob_operator.admission.review import Answer, Request, mutate, runtime_wanted, validate
from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.validation import check_structure
from trainjob_operator.errors import InvalidObjectError

SEEDS = range(10)
PAIRS = 120
TRAINJOB = body(
    suspend=True,
    runtimePatches=[patch(pod={"nodeSelector": {"a": "b"}, "containers": [{"name": "node"}]})],
    podTemplateOverrides=[{"targetJobs": [{"name": "node"}], "spec": {"tolerations": [{"key": "a"}]}}],
    initializer={"model": {"storageUri": "hf://a/b", "env": [{"name": "ACCESS_TOKEN", "value": "x"}]}},
    workspace={"size": "1024Mi", "storageClassName": "", "accessModes": ["ReadWriteOnce"], "retentionPolicy": "Retain"},
    trainer={
        "command": SDK,
        "args": ["epochs=1", "dataset.new_system_prompt=a: b"],
        "env": [{"name": "A", "value": ""}],
        "resourcesPerNode": {"limits": {"nvidia.com/gpu": 2.0}},
        "numProcPerNode": "cpu",
    },
    jobs=[{"name": "node", "ready": 0, "succeeded": 0, "failed": 0, "active": 1, "suspended": 0}],
)


def runtimes(seed: int) -> list[Runtime | None]:
    made: list[Runtime | None] = [None, RUNTIME]
    for one in objects(seed, "trainingruntimes", runtime_body(LLAMA), PAIRS):
        if isinstance(one.get("spec"), dict) and not any(check_structure("TrainingRuntime", one)):
            with suppress(InvalidObjectError):
                made.append(parse_runtime({**one, "kind": "TrainingRuntime"}))
    return made


def ask(request: Request, runtime: Runtime | None) -> Iterator[Answer]:
    runtime_wanted(request)
    yield mutate(request, runtime)
    yield validate(request, runtime)


@pytest.mark.parametrize("seed", SEEDS)
def test_trainjobs(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    known = runtimes(seed)
    before: Body = TRAINJOB
    verdicts = set()
    for new in objects(seed, "trainjobs", TRAINJOB, PAIRS):
        for request in (creation(new), update(before, new), update(TRAINJOB, new)):
            for answer in ask(request, RUNTIME if random.random() < 0.5 else random.choice(known)):
                assert answer.allowed or answer.message
                assert all(warning.isprintable() for warning in answer.warnings)
                orjson.dumps(answer.patch)
                verdicts.add(answer.allowed)
        before = new
    assert verdicts == {True, False}


@pytest.mark.parametrize("seed", SEEDS)
def test_runtimes(seed: int) -> None:
    before = runtime_body(LLAMA)
    for new in objects(seed, "clustertrainingruntimes", runtime_body(LLAMA), PAIRS):
        for request in (creation(new, "ClusterTrainingRuntime"), update(before, new, "TrainingRuntime")):
            for answer in ask(request, None):
                assert answer.allowed or answer.message
        before = new


@pytest.mark.parametrize("depth", [200, 2000])
def test_a_deep_object(depth: int) -> None:
    value: Any = {}
    for _ in range(depth):
        value = {"limits": [value]}
    new = body(trainer=value, runtimePatches=[value], initializer=value)

    for request in (creation(new), update(TRAINJOB, new), update(new, TRAINJOB), creation(new, "TrainingRuntime")):
        for answer in ask(request, RUNTIME):
            assert answer.allowed or answer.message
