"""What of a runtime's failure policy is refused, and what is hardly meant."""

from typing import Any

import pytest
from tests.factories.objects import runtime_body, step
from tests.factories.requests import Body, creation

from trainjob_operator.admission.review import validate

FAIL, RESTART, UNCOUNTED = "FailTrainJob", "RestartTrainJob", "RestartTrainJobAndIgnoreMaxRestarts"
WHERE = "spec.runPolicy.failurePolicy.rules"


def on_codes(action: str, *values: int, operator: str = "In", **more: str) -> Body:
    return {"action": action, "onExitCodes": {"operator": operator, "values": [*values], **more}}


def on_conditions(action: str, *types: str) -> Body:
    return {"action": action, "onPodConditions": [{"type": type_} for type_ in types]}


def runtime(*rules: Body, max_restarts: int = 3) -> Body:
    body = runtime_body()
    body["spec"]["runPolicy"] = {"failurePolicy": {"maxRestarts": max_restarts, "rules": [*rules]}}
    return body


@pytest.mark.parametrize(
    ("rules", "warning"),
    [
        pytest.param(
            [on_codes(FAIL, 42), on_codes(FAIL, 42)],
            f"{WHERE}[1] says the same as rules[0], which comes first and decides: leave one of them out",
            id="twice",
        ),
        pytest.param(
            [on_codes(FAIL, 42, 43), on_codes(RESTART, 42)],
            f"{WHERE}[1] contradicts ({RESTART}, not {FAIL}) rules[0], which comes first and decides",
            id="contradiction",
        ),
        pytest.param(
            [on_codes(FAIL, 1, operator="NotIn"), on_codes(RESTART, 42, containerName="node")],
            f"{WHERE}[1] contradicts",
            id="of one container, after all but one code of any",
        ),
        pytest.param(
            [on_conditions(UNCOUNTED, "A", "DisruptionTarget"), on_conditions(RESTART, "DisruptionTarget")],
            f"{WHERE}[1] contradicts",
            id="conditions",
        ),
        pytest.param(
            [on_codes(FAIL, 0, 256)],
            f"{WHERE}[0].onExitCodes.values: no failure has such an exit code (1 to 255)",
            id="codes of no failure",
        ),
        pytest.param(
            [on_codes(FAIL, 42, containerName="main")],
            f"{WHERE}[0].onExitCodes.containerName: no step has a container main",
            id="no such container",
        ),
    ],
)
def test_rules_that_never_decide_are_warned_of(rules: list[Body], warning: str) -> None:
    answer = validate(creation(runtime(*rules), "TrainingRuntime"), None)

    assert answer.allowed
    [told] = answer.warnings
    assert told.startswith(warning)


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param([], id="none"),
        pytest.param([on_conditions(UNCOUNTED, "DisruptionTarget"), on_codes(FAIL, 42)], id="of both kinds"),
        pytest.param([on_codes(FAIL, 42), on_codes(RESTART, 42, 43)], id="one code more"),
        pytest.param([on_codes(FAIL, 42, containerName="node"), on_codes(RESTART, 42)], id="any other container"),
        pytest.param([on_codes(FAIL, 42), on_codes(RESTART, 42, operator="NotIn")], id="all others"),
    ],
)
def test_rules_that_each_decide_pass(rules: list[Body]) -> None:
    answer = validate(creation(runtime(*rules), "TrainingRuntime"), None)

    assert (answer.allowed, answer.warnings) == (True, ())


def test_a_restart_without_restarts_is_warned_of() -> None:
    [told] = validate(creation(runtime(on_codes(RESTART, 42), max_restarts=0), "TrainingRuntime"), None).warnings

    assert told.startswith(f"{WHERE}[0]: RestartTrainJob restarts nothing, because maxRestarts is 0")


def test_what_the_policy_overrules_is_warned_of() -> None:
    body = runtime()
    for name in ("model-initializer", "node"):
        spec = step(body, name)["template"]["spec"]
        spec["backoffLimit"] = 6
        spec["template"]["spec"]["restartPolicy"] = "OnFailure"

    warnings = validate(creation(body, "TrainingRuntime"), None).warnings

    assert [told.partition(" ")[0] for told in warnings] == [
        "spec.template.spec.replicatedJobs[2].template.spec.backoffLimit",
        "spec.template.spec.replicatedJobs[2].template.spec.template.spec.restartPolicy",
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("podFailurePolicy", {"rules": []}), ("backoffLimitPerIndex", 1)], ids=str
)
def test_what_would_decide_in_its_place_is_refused(field: str, value: Any) -> None:  # noqa: ANN401 - of any form
    body = runtime()
    step(body, "model-initializer")["template"]["spec"][field] = value
    assert validate(creation(body, "TrainingRuntime"), None).allowed, "downloads are not what it is for"

    step(body, "node")["template"]["spec"][field] = value
    answer = validate(creation(body, "TrainingRuntime"), None)

    assert answer.message.startswith(
        f"spec.template.spec.replicatedJobs[node].template.spec.{field}: cannot be combined with"
        " spec.runPolicy.failurePolicy"
    )


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param({"action": FAIL}, "[0]: exactly one of onExitCodes and onPodConditions must be set", id="neither"),
        pytest.param(
            on_codes(FAIL, 1) | on_conditions(FAIL, "A"),
            "[0]: exactly one of onExitCodes and onPodConditions",
            id="both",
        ),
        pytest.param(on_codes("RestartJobSet", 1), "[0].action: must be one of 'FailTrainJob'", id="another action"),
        pytest.param({"action": FAIL, "onExitCodes": {"operator": "In"}}, "[0].onExitCodes.values: is", id="no codes"),
    ],
)
def test_what_is_no_rule_is_refused(rule: Body, message: str) -> None:
    answer = validate(creation(runtime(rule), "TrainingRuntime"), None)

    assert not answer.allowed
    assert answer.message.startswith(f"{WHERE}{message}")
