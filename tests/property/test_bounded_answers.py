"""However long what somebody writes is, the answer is short, and soon there: a megabyte in each field, one by one."""

import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.factories.bombs import BOMBS
from tests.factories.generation import Body, schema_of
from tests.factories.objects import LLAMA, SDK, gpus, runtime_body
from tests.factories.requests import RUNTIME, body, creation, patch, update
from trainjob_operator.admission.review import Answer, mutate, validate
from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.api.trainjob import parse_trainjob
from trainjob_operator.errors import InvalidObjectError
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import Rejected

LONGEST_MESSAGE = 8192
LONGEST_WARNING = 400
LONGEST_ALL = 40_000
MOST_WARNINGS = 50
SECONDS = 8.0  # of this process; what grows with the square of a megabyte takes hours
HUGE = "x" * 1_000_000
TRAINJOB = body(
    suspend=True,
    labels={"a": "b"},
    runtimePatches=[
        patch(pod={"nodeSelector": {"a": "b"}, "containers": [{"name": "node"}], "volumes": [{"name": "v"}]})
    ],
    podTemplateOverrides=[{"targetJobs": [{"name": "node"}], "spec": {"tolerations": [{"key": "a"}]}}],
    initializer={"model": {"storageUri": "hf://a/b", "env": [{"name": "ACCESS_TOKEN", "value": "x"}]}},
    trainer={
        "image": "example.com/a:1",
        "command": SDK,
        "args": ["epochs=1", "dataset.new_system_prompt=a: b"],
        "env": [{"name": "A", "value": ""}],
        "resourcesPerNode": gpus(2),
    },
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    """Yield where text stands, as a value or as a key that people choose."""
    if isinstance(value, dict):
        for name, nested in value.items():
            yield from paths(nested, (*path, name))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from paths(item, (*path, at))
    elif isinstance(value, str):
        yield path


def exchanged(whole: Body, path: tuple[Any, ...], text: str, *, key: bool = False) -> Body:
    changed: Body = deepcopy(whole)
    holder: Any = changed
    for name in path[:-1]:
        holder = holder[name]
    if key:
        holder[text] = holder.pop(path[-1])
    else:
        holder[path[-1]] = text
    return changed


def variants(whole: Body) -> Iterator[Body]:
    for path in paths(whole["spec"], ("spec",)):
        for text in (HUGE, "\x1b[31m\n" * 100_000):
            yield exchanged(whole, path, text)
        if isinstance(path[-1], str):
            yield exchanged(whole, path, "gpu" * 300_000 + "mem", key=True)


def look_at(answer: Answer, started: float) -> None:
    assert len(answer.message) <= LONGEST_MESSAGE
    assert sum(map(len, answer.errors)) < 100_000
    assert len(answer.warnings) <= MOST_WARNINGS
    assert all(len(warning) <= LONGEST_WARNING and warning.isprintable() for warning in answer.warnings)
    assert not any(mark in answer.message for mark in ("\x1b", "\n"))
    assert time.process_time() - started < SECONDS


def resolves(job: Body, runtime: Body) -> None:
    """Do as the operator does with what is stored all the same."""
    try:
        result = resolve(parse_trainjob(job), parse_runtime(runtime))
    except InvalidObjectError as error:
        said = str(error)
    else:
        said = result.message if isinstance(result, Rejected) else ""
    assert len(said) < LONGEST_ALL


def test_a_trainjob() -> None:
    for new in variants(TRAINJOB):
        for request in (creation(new), update(TRAINJOB, new), update(new, TRAINJOB)):
            started = time.process_time()
            look_at(mutate(request, RUNTIME), started)
            look_at(validate(request, RUNTIME), started)
        resolves(new, runtime_body(LLAMA))


def test_a_runtime() -> None:
    whole = runtime_body(LLAMA)
    for new in variants(whole):
        started = time.process_time()
        look_at(validate(creation(new, "ClusterTrainingRuntime"), None), started)
        resolves(TRAINJOB, new)
        assert time.process_time() - started < SECONDS


MANY = {
    "arguments": {"trainer": {"command": SDK, "args": ["dataset.p=[" + "[a,b]," * 2500 + "]"] * 128}},
    "bombs": {"trainer": {"command": SDK, "args": [f"model.lora_attn_modules={bomb}" for bomb in BOMBS.values()]}},
    "unknown keys": {"trainer": {"command": SDK, "args": [f"{n}{'epocks' * 20}=1" for n in range(128)]}},
    "words": {"trainer": {"command": [*SDK, *(f"{n}.b=c" for n in range(100_000))]}},
    "older patches": {
        "podTemplateOverrides": [
            {"targetJobs": [{"name": f"n{n}"} for n in range(100)], "spec": {"nodeSelector": {"a": "b" * 10_000}}}
        ]
        * 64
    },
    "patches": {"runtimePatches": [patch(f"a.io/{n}", job="n" * 50_000) for n in range(16)]},
    "fields": {"trainer": {"resourcesPerNode": {"limits": dict.fromkeys(map(str, range(50_000)), "many")}}},
    "secrets": {"trainer": {"env": [{"name": f"A{n}_TOKEN", "value": "x"} for n in range(10_000)]}},
}


@pytest.mark.parametrize("fields", MANY.values(), ids=MANY)
def test_many_things_in_one_trainjob(fields: Body) -> None:
    new = body(**fields)
    for request in (creation(new), update(body(), new), update(new, body(suspend=True))):
        started = time.process_time()
        look_at(mutate(request, RUNTIME), started)
        look_at(validate(request, RUNTIME), started)
    resolves(new, runtime_body(LLAMA))


def test_many_words_in_a_runtimes_command() -> None:
    runtime = runtime_body(LLAMA)
    node = runtime["spec"]["template"]["spec"]["replicatedJobs"][-1]["template"]["spec"]["template"]["spec"]
    node["containers"][0]["command"] += [f"a.b{n}=c" for n in range(100_000)]
    started = time.process_time()

    look_at(validate(creation(runtime, "ClusterTrainingRuntime"), None), started)
    resolves(body(trainer={"command": SDK, "args": ["model=torchtune.models.llama3_2.llama3_2_1b"]}), runtime)

    assert time.process_time() - started < SECONDS


def test_the_schemas_know_the_fields_that_are_changed() -> None:
    known = schema_of("trainjobs")["properties"]["spec"]["properties"]
    assert set(TRAINJOB["spec"]) <= set(known)


def test_an_environment_that_refers_to_itself() -> None:
    env = [{"name": "A0", "value": "x" * 100}]
    env += [{"name": f"A{n}", "value": f"$(A{n - 1})" * 100} for n in range(1, 100)]
    words = ["$(A99)=1", "$(A1)=1", "$(" * 300_000]
    new = body(trainer={"command": [*SDK, "full_finetune_single_device", "--config", "x"], "args": words, "env": env})
    started = time.process_time()

    look_at(validate(creation(new), RUNTIME), started)
    resolves(new, runtime_body(LLAMA))

    assert time.process_time() - started < SECONDS
