"""Whether an object is as the CRDs' structural schema says: one walk for all who ask.

The API server has checked all of it before it asks the webhooks. They ask for the structure alone, so that nobody
behind them has to: the bounds of a stored object may have been those of another version. Who asks instead of a server
asks for everything.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from trainjob_operator.api.mlpolicy import FLUX_RULE, PROCESSES_RULE, TARGETS_RULE
from trainjob_operator.api.patches import MANAGER_RULE
from trainjob_operator.api.progress import Progress
from trainjob_operator.api.schema import custom_resource_definitions, structural_schema
from trainjob_operator.api.trainjob import MANAGED_BY_RULE, STORAGE_URI_RULE
from trainjob_operator.naming import TRAINJOB
from trainjob_operator.wording import shorten

Schema = Mapping[str, Any]
Check = Callable[[Any, Schema, str], Iterator[str]]
"""Of a value that has the type of its schema; yields what is wrong, each with its path."""

RULES = (STORAGE_URI_RULE, PROCESSES_RULE, FLUX_RULE, MANAGED_BY_RULE, MANAGER_RULE, TARGETS_RULE)
"""The CEL rules of single values. Those of whole objects are left to the server."""

_HOLDS = {rule.rule: rule.holds for rule in RULES}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_TOP = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_RANGES = {"int32": 2**31, "int64": 2**63}


def check_structure(kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what of an object's specification is not of the form that its kind has, each with its path."""
    return _walk(body.get("spec"), _specifications()[kind], "spec", _check_nothing)


def check_schema(kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Yield all that the schema of a kind does not allow of an object, each with its path.

    What is unknown is told in kubectl's words; clients that do not ask for strictness have it dropped with a warning.
    All metadata but the name are left to the server.
    """
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if name is None or name == "":
        yield "metadata.name: is required"
    elif kind == TRAINJOB and isinstance(name, str) and not _LABEL.fullmatch(name):
        yield "metadata.name must match RFC 1035 DNS label format"
    yield from (f'unknown field "{shorten(field)}"' for field in body if field not in _TOP)
    yield from _walk(body.get("spec"), _specifications()[kind], "spec", _check_value)


def check_progress(progress: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the schema does not allow of the progress that a trainer reports, each with its path."""
    return _walk(progress, _progress(), "progress", _check_value)


@cache
def _progress() -> Schema:
    return structural_schema(Progress)


@cache
def _specifications() -> Mapping[str, Schema]:
    return {
        crd["spec"]["names"]["kind"]: crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
        for crd in custom_resource_definitions().values()
    }


def _walk(value: object, schema: Schema, path: str, check: Check) -> Iterator[str]:
    if not _has_type(value, schema):
        wanted = schema.get("type")
        yield f"{path}: must be " + ("an integer or a string" if wanted is None else f"of type {wanted}")
        return
    yield from check(value, schema, path)
    if isinstance(value, Mapping):
        yield from _walk_object(value, schema, path, check)
    elif isinstance(value, list):
        yield from _walk_list(value, schema, path, check)
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path}: must be one of {', '.join(map(repr, schema['enum']))}"


def _has_type(value: object, schema: Schema) -> bool:
    """Tell whether a value is of the type that a schema has for it; an integer may be written as a float."""
    wanted = schema.get("type")
    if isinstance(value, bool):
        return wanted == "boolean"
    if wanted is None:  # an integer or a string
        return isinstance(value, int | float | str)
    return isinstance(value, _TYPES[wanted]) or (
        wanted == "integer" and isinstance(value, float) and value.is_integer()
    )


def _walk_object(value: Mapping[str, Any], schema: Schema, path: str, check: Check) -> Iterator[str]:
    for name in schema.get("required", ()):
        if value.get(name) is None:
            yield f"{path}.{name}: is required"
    properties = schema.get("properties", {})
    for name, nested in value.items():
        inner = properties.get(name, schema.get("additionalProperties"))
        if inner is not None and (nested is not None or name not in properties):
            yield from _walk(nested, inner, f"{path}.{shorten(name)}", check)


def _walk_list(value: list[Any], schema: Schema, path: str, check: Check) -> Iterator[str]:
    for at, item in enumerate(value):
        yield from _walk(item, schema["items"], f"{path}[{at}]", check)
    keys = schema.get("x-kubernetes-list-map-keys")
    if keys:
        named = [repr([item.get(key) for key in keys]) for item in value if isinstance(item, Mapping)]
        if len(set(named)) < len(named):
            yield f"{path}: must not have two items of one {' and '.join(keys)}"


def _check_nothing(_value: object, _schema: Schema, _path: str) -> Iterator[str]:
    return iter(())


def _check_value(value: Any, schema: Schema, path: str) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    for rule in schema.get("x-kubernetes-validations", ()):
        holds = _HOLDS.get(rule["rule"])
        if holds is not None and not holds(value):
            yield f"{path}: {rule['message']}"
    if isinstance(value, Mapping):
        yield from _check_fields(value, schema, path)
    elif isinstance(value, list):
        yield from _check_size(len(value), schema, "Items", path, "items")
    elif isinstance(value, str):
        yield from _check_size(len(value), schema, "Length", path, "characters")
        pattern = schema.get("pattern")
        if pattern is not None and value and re.search(pattern, value) is None:
            yield f"{path}: must be of the form {pattern}"
    elif isinstance(value, float) and schema.get("x-kubernetes-int-or-string") and not value.is_integer():
        yield f'{path}: must be an integer or a string: write "{value}"'
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _check_number(value, schema, path)


def _check_fields(value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[str]:
    if len(value) < schema.get("minProperties", 0):
        yield f"{path}: must not be empty"
    properties = schema.get("properties", {})
    if properties and not schema.keys() & {"additionalProperties", "x-kubernetes-preserve-unknown-fields"}:
        yield from (f'unknown field "{path}.{shorten(name)}"' for name in value if name not in properties)


def _check_size(size: int, schema: Schema, keyword: str, path: str, unit: str) -> Iterator[str]:
    if size < schema.get(f"min{keyword}", 0):
        yield f"{path}: must have at least {schema[f'min{keyword}']} {unit}"
    if size > schema.get(f"max{keyword}", size):
        yield f"{path}: must have at most {schema[f'max{keyword}']} {unit}, not {size}"


def _check_number(value: float, schema: Schema, path: str) -> Iterator[str]:
    reach = _RANGES.get(schema.get("format", ""))
    least = max(schema.get("minimum", value), -reach if reach else value)
    most = min(schema.get("maximum", value), reach - 1 if reach else value)
    if value < least:
        yield f"{path}: must be at least {least}"
    if value > most:
        yield f"{path}: must be at most {most}"
