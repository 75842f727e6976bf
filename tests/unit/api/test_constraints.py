from collections.abc import Iterator
from typing import Any

import celpy
import pytest
from celpy.adapter import json_to_cel

from trainjob_operator.api.constraints import Rule
from trainjob_operator.api.schema import custom_resource_definitions
from trainjob_operator.api.validation import RULES

WORDS = (
    "",
    "auto",
    "cpu",
    "gpu",
    "tpu",
    "AUTO",
    "trainer.kubeflow.org/trainjob-controller",
    "kueue.x-k8s.io/multikueue",
)
URIS = ("hf://org/name", "hf:/org", "://x", "a+b.c-1://x", "1a://x", "s3://", "hf://a\nb", "hf://a\n")
MANAGERS = ("acme.io/foo", "acme.io/foo'(1)", "Acme.io/foo", "acme..io/foo", "acme.io/", "acme.io/a\n")
VALUES: dict[str, tuple[Any, ...]] = {
    "string": (*WORDS, *URIS, *MANAGERS),
    "integer": (-1, 0, 1, 2, 2**31 - 1, 2**31),
    "array": ([], ["node"], ["side"], ["side", "node"], ["Node", ""]),
}


def schemas_of_values(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if schema.get("type") != "object":
        yield schema
    for nested in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(nested, dict):
            yield from schemas_of_values(nested)


def rules_of_values() -> Iterator[tuple[str, str]]:
    """Yield each rule that the CRDs have for a single value, with a type of that value."""
    for crd in custom_resource_definitions().values():
        specification = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
        for schema in schemas_of_values(specification):
            types = (schema["type"],) if "type" in schema else ("integer", "string")
            for rule in schema.get("x-kubernetes-validations", ()):
                if "oldSelf" not in rule["rule"]:
                    yield from ((rule["rule"], type_) for type_ in types)


def test_every_rule_of_a_single_value_is_known() -> None:
    assert {rule for rule, _ in rules_of_values()} == {rule.rule for rule in RULES}


@pytest.mark.parametrize(("text", "type_"), sorted(set(rules_of_values())))
def test_a_rule_says_the_same_in_python_and_in_cel(text: str, type_: str) -> None:
    [rule] = [rule for rule in RULES if rule.rule == text]

    assert [holds(rule, value) for value in VALUES[type_]] == [allows(text, value) for value in VALUES[type_]]


def holds(rule: Rule, value: object) -> bool:
    assert rule.holds is not None
    return rule.holds(value)


def allows(text: str, value: str | int | list[Any]) -> bool:
    environment = celpy.Environment()
    return bool(environment.program(environment.compile(text)).evaluate({"self": json_to_cel(value)}))
