"""How many pods the Job of a step has, and what a failure of one means to it."""

from typing import Any

import pytest
from tests.factories.objects import Body, rejected, resolved, runtime_body, step, step_of, trainjob

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


DISRUPTED = {"type": "DisruptionTarget", "status": "True"}


def with_policy(*rules: Body, **spec: object) -> Runtime:
    body = runtime_body()
    body["spec"]["runPolicy"] = {"failurePolicy": {"maxRestarts": 3, "rules": [*rules]}}
    for name in ("node", "model-initializer"):
        step(body, name)["template"]["spec"] |= spec
    return parse_runtime(body)


def test_the_first_failure_of_a_pod_ends_the_trainers_where_they_start_anew_together() -> None:
    rules: list[Body] = [
        {"action": "FailTrainJob", "onExitCodes": {"operator": "In", "values": [42]}},
        {"action": "RestartTrainJobAndIgnoreMaxRestarts", "onPodConditions": [{"type": "DisruptionTarget"}]},
    ]
    result = resolved(trainjob(), with_policy(*rules, backoffLimit=6))

    trainer = build_job(result, step_of(result))["spec"]
    assert (trainer["backoffLimit"], trainer["template"]["spec"]["restartPolicy"]) == (0, "Never")
    assert trainer["podFailurePolicy"] == {"rules": [{"action": "FailJob", "onPodConditions": [DISRUPTED]}]}
    download = build_job(result, step_of(result, "model-initializer"))["spec"]
    assert download["backoffLimit"] == 6
    assert download["podFailurePolicy"] == {"rules": [{"action": "Ignore", "onPodConditions": [DISRUPTED]}]}


def test_without_rules_a_disruption_is_a_failure_too() -> None:
    result = resolved(trainjob(), with_policy())

    assert "podFailurePolicy" not in build_job(result, step_of(result))["spec"]


def test_containers_do_not_restart_one_by_one_where_all_do() -> None:
    body = runtime_body()
    body["spec"]["runPolicy"] = {"failurePolicy": {}}
    step(body, "node")["template"]["spec"]["template"]["spec"]["restartPolicy"] = "OnFailure"
    result = resolved(trainjob(), parse_runtime(body))

    assert build_job(result, step_of(result))["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_jobs_and_pods_say_which_attempt_they_are() -> None:
    result = resolved(trainjob())
    label = "jobset.sigs.k8s.io/restart-attempt"

    job = build_job(result, step_of(result), attempt=2)

    for metadata in (job["metadata"], job["spec"]["template"]["metadata"]):
        assert (metadata["labels"][label], metadata["annotations"][label]) == ("2", "2")
