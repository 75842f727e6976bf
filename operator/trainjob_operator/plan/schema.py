"""What the API server itself refuses, before it asks the webhooks: unknown fields, and values out of their bounds.

The types are ``admission.structure``'s to check. Of the CEL rules, those of names and of single values are checked
here; those of whole objects, and all metadata but the name, are left to the server.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from trainjob_operator.admission.normal import Object, object_at
from trainjob_operator.admission.structure import has_type, specification_of
from trainjob_operator.api.mlpolicy import FLUX_RULE, PROCESSES_RULE, TARGETS_RULE
from trainjob_operator.api.patches import MANAGER_RULE
from trainjob_operator.api.trainjob import MANAGED_BY_RULE, STORAGE_URI_RULE
from trainjob_operator.naming import TRAINJOB

_TOP = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_RANGES = {"int32": 2**31, "int64": 2**63}
_RULES = "x-kubernetes-validations"
RULES = (STORAGE_URI_RULE, PROCESSES_RULE, FLUX_RULE, MANAGED_BY_RULE, MANAGER_RULE, TARGETS_RULE)
_HOLDS = {rule.rule: rule.holds for rule in RULES}


def find_faults(kind: str, body: Object) -> Iterator[str]:
    """Yield what the schema of a kind does not allow of an object that has its types, each with its path.

    What is unknown is told in kubectl's words; clients that do not ask for strictness have it dropped with a warning.
    """
    name = object_at(body, "metadata").get("name")
    if name is None or name == "":
        yield "metadata.name: is required"
    elif kind == TRAINJOB and isinstance(name, str) and not _LABEL.fullmatch(name):
        yield "metadata.name must match RFC 1035 DNS label format"
    yield from (f'unknown field "{field}"' for field in body if field not in _TOP)
    yield from _check(body.get("spec"), specification_of(kind), "spec")


def _check(value: object, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    yield from _check_rules(value, schema, path)
    if isinstance(value, Mapping):
        yield from _check_object(value, schema, path)
    elif isinstance(value, list):
        yield from _check_size(len(value), schema, "Items", path, "items")
        for at, item in enumerate(value):
            yield from _check(item, schema.get("items", {}), f"{path}[{at}]")
    elif isinstance(value, str):
        yield from _check_size(len(value), schema, "Length", path, "characters")
        pattern = schema.get("pattern")
        if pattern is not None and re.search(pattern, value) is None:
            yield f"{path}: must be of the form {pattern}"
    elif isinstance(value, float) and schema.get("x-kubernetes-int-or-string") and not value.is_integer():
        yield f'{path}: must be an integer or a string: write "{value}"'
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _check_number(value, schema, path)


def _check_rules(value: object, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    for rule in schema.get(_RULES, ()):
        holds = _HOLDS.get(rule["rule"])
        if holds is not None and has_type(value, schema) and not holds(value):
            yield f"{path}: {rule['message']}"


def _check_object(value: Object, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    if len(value) < schema.get("minProperties", 0):
        yield f"{path}: must not be empty"
    for name, nested in value.items():
        inner = properties.get(name, schema.get("additionalProperties"))
        if inner is not None:
            yield from _check(nested, inner, f"{path}.{name}")
        elif properties and not schema.get("x-kubernetes-preserve-unknown-fields"):
            yield f'unknown field "{path}.{name}"'


def _check_size(size: int, schema: Mapping[str, Any], keyword: str, path: str, unit: str) -> Iterator[str]:
    if size < schema.get(f"min{keyword}", 0):
        yield f"{path}: must have at least {schema[f'min{keyword}']} {unit}"
    if size > schema.get(f"max{keyword}", size):
        yield f"{path}: must have at most {schema[f'max{keyword}']} {unit}, not {size}"


def _check_number(value: float, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    reach = _RANGES.get(schema.get("format", ""))
    least = max(schema.get("minimum", value), -reach if reach else value)
    most = min(schema.get("maximum", value), reach - 1 if reach else value)
    if value < least:
        yield f"{path}: must be at least {least}"
    if value > most:
        yield f"{path}: must be at most {most}"
