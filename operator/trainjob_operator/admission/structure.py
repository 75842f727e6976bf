"""Whether an object has the structure that the CRDs give it, so that nobody behind has to ask.

The API server has checked that before it asks us; whoever asks otherwise gets an answer as well.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from trainjob_operator.admission.normal import Object
from trainjob_operator.api.schema import custom_resource_definitions

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def find_misfits(kind: str, body: Object) -> Iterator[str]:
    """Yield what of an object's specification is not of the form that its kind has, each with its path."""
    yield from _check(body.get("spec"), specification_of(kind), "spec")


def specification_of(kind: str) -> Mapping[str, Any]:
    """Give the structural schema of a kind's specification."""
    return _specifications()[kind]


@cache
def _specifications() -> Mapping[str, Mapping[str, Any]]:
    return {
        crd["spec"]["names"]["kind"]: crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
        for crd in custom_resource_definitions().values()
    }


def has_type(value: object, schema: Mapping[str, Any]) -> bool:
    """Tell whether a value is of the type that a schema has for it; an integer may be written as a float."""
    wanted = schema.get("type")
    if isinstance(value, bool):
        return wanted == "boolean"
    if wanted is None:  # an integer or a string
        return isinstance(value, int | float | str)
    return isinstance(value, _TYPES[wanted]) or (
        wanted == "integer" and isinstance(value, float) and value.is_integer()
    )


def _check(value: object, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if not has_type(value, schema):
        wanted = schema.get("type")
        yield f"{path}: must be " + ("an integer or a string" if wanted is None else f"of type {wanted}")
    elif isinstance(value, Mapping):
        yield from _check_object(value, schema, path)
    elif isinstance(value, list):
        yield from _check_list(value, schema, path)
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path}: must be one of {', '.join(map(repr, schema['enum']))}"


def _check_object(value: Object, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if value.get(name) is None:
            yield f"{path}.{name}: is required"
    properties = schema.get("properties", {})
    for name, nested in value.items():
        inner = properties.get(name, schema.get("additionalProperties"))
        if inner is not None and (nested is not None or name not in properties):
            yield from _check(nested, inner, f"{path}.{name}")


def _check_list(value: list[Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    for at, item in enumerate(value):
        yield from _check(item, schema["items"], f"{path}[{at}]")
    keys = schema.get("x-kubernetes-list-map-keys")
    if keys:
        named = [repr([item.get(key) for key in keys]) for item in value if isinstance(item, Mapping)]
        if len(set(named)) < len(named):
            yield f"{path}: must not have two items of one {' and '.join(keys)}"
