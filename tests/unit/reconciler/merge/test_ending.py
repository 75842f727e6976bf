"""A trainer that may take long to save has a pod that may take long to end."""

from typing import Any

import pytest
from tests.factories.objects import LLAMA, resolved, runtime_body, step, step_of, trainjob

from trainjob_operator.api.runtime import parse_runtime

FIELD = "terminationGracePeriodSeconds"


def grace(entry: dict[str, Any], pod: dict[str, Any] | None = None, trainer: dict[str, Any] | None = None) -> object:
    env = [{"name": "TRAINJOB_STOP_SECONDS", **entry}]
    body = runtime_body(LLAMA)
    step(body, "node")["template"]["spec"]["template"]["spec"] |= pod or {}
    result = resolved(trainjob(trainer={"env": env, **(trainer or {})}), parse_runtime(body))
    return step_of(result).template.spec.template.spec.model_dump().get(FIELD)


@pytest.mark.parametrize(
    ("entry", "seconds"),
    [
        pytest.param({"value": "120"}, 130, id="longer"),
        pytest.param({"value": "20.5"}, 31, id="half-a-second"),
        pytest.param({"value": "20"}, None, id="what-is-usual"),
        pytest.param({"value": "0"}, None, id="not-at-all"),
        pytest.param({"value": "$(SECONDS)"}, None, id="a-reference"),
        pytest.param({"valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}}, None, id="from-elsewhere"),
    ],
)
def test_the_pod_has_as_long_as_saving_may_take(entry: dict[str, Any], seconds: int | None) -> None:
    assert grace(entry) == seconds


def test_what_the_runtime_says_stays() -> None:
    assert grace({"value": "120"}, pod={FIELD: 60}) == 60


def test_other_programs_may_mean_something_else() -> None:
    assert grace({"value": "120"}, trainer={"command": ["python", "mine.py"]}) is None
