"""How many pods the Job of a step has."""

from typing import Any

import pytest
from tests.factories.objects import Body, rejected, resolved, runtime_body, step_of, trainjob

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.reconciler.manifests.job import build_job


def runtime_and(name: str, numbers: Body, **labels: str) -> Runtime:
    """Give a runtime with a further step."""
    body = runtime_body()
    pods = {"template": {"spec": {"containers": [{"name": "x", "image": "x:1"}]}}}
    template = {"metadata": {"labels": labels}, "spec": numbers | pods}
    body["spec"]["template"]["spec"]["replicatedJobs"].append({"name": name, "template": template})
    return parse_runtime(body)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        pytest.param({}, (1, 1), id="one"),
        pytest.param({"parallelism": 2}, (2, 2), id="each once"),
        pytest.param({"completions": 3}, (1, 3), id="one after the other"),
        pytest.param({"parallelism": 2, "completions": 3}, (2, 3), id="both"),
    ],
)
def test_of_a_step_of_the_runtimes_own_the_runtime_tells_how_many_pods_succeed(
    numbers: dict[str, Any], expected: tuple[int, int]
) -> None:
    result = resolved(trainjob(), runtime_and("evaluator", numbers))

    spec = build_job(result, step_of(result, "evaluator"))["spec"]
    assert (spec["parallelism"], spec["completions"]) == expected


def test_all_of_them_count_for_the_length_of_names() -> None:
    message = rejected(trainjob("j" * 33), runtime_and("evaluator-of-checkpoints", {"completions": 101})).message

    assert "leaves 32, because the host names of pods (<name>-evaluator-of-checkpoints-0-100)" in message
