"""The CustomResourceDefinitions, made from the models and from Kubernetes' own types.

Every type is spelt out and nothing is described: unknown fields are dropped or refused everywhere, and each file is
small enough for client-side `kubectl apply`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from trainjob_operator.api import kubernetes
from trainjob_operator.api.constraints import Constraints, Rule
from trainjob_operator.api.kubernetes import Schema
from trainjob_operator.api.model import Model, OpenModel
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import (
    CLUSTER_TRAINING_RUNTIME,
    FRAMEWORK_LABEL,
    GROUP,
    TRAINING_RUNTIME,
    TRAINJOB,
    VERSION,
)

_SCALARS: dict[object, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    datetime: {"type": "string", "format": "date-time"},
}
_RULES = "x-kubernetes-validations"
_KEYWORDS = {
    "default": "default",
    "enum": "enum",
    "format": "format",
    "pattern": "pattern",
    "minimum": "minimum",
    "maximum": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_properties": "minProperties",
}
_LABEL = ".metadata.labels." + FRAMEWORK_LABEL.replace(".", r"\.")
_AGE = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
_TRAINJOB_COLUMNS = (
    {"name": "State", "type": "string", "jsonPath": ".status.conditions[-1:].type"},
    {"name": "Recipe", "type": "string", "jsonPath": ".status.recipe.recipe"},
    {"name": "Progress", "type": "integer", "jsonPath": ".status.trainerStatus.progressPercentage"},
    _AGE,
    {"name": "Restarts", "type": "integer", "jsonPath": ".status.restarts", "priority": 1},
    {"name": "Runtime", "type": "string", "jsonPath": ".spec.runtimeRef.name", "priority": 1},
    {"name": "Message", "type": "string", "jsonPath": ".status.conditions[-1:].message", "priority": 1},
)
_RUNTIME_COLUMNS = (
    {"name": "Framework", "type": "string", "jsonPath": _LABEL},
    {"name": "Nodes", "type": "integer", "jsonPath": ".spec.mlPolicy.numNodes"},
    _AGE,
)


def custom_resource_definitions() -> dict[str, Schema]:
    """Make the CustomResourceDefinitions, by the names of their files."""
    crds = (
        _crd(TRAINJOB, "Namespaced", TrainJob, _TRAINJOB_COLUMNS),
        _crd(TRAINING_RUNTIME, "Namespaced", Runtime, _RUNTIME_COLUMNS),
        _crd(CLUSTER_TRAINING_RUNTIME, "Cluster", Runtime, _RUNTIME_COLUMNS),
    )
    return {f"{GROUP}_{crd['spec']['names']['plural']}.yaml": crd for crd in crds}


def structural_schema(annotation: object) -> Schema:
    """Make the structural schema of a type as the models use them.

    Raises:
        TypeError: it is of a form that the models do not use yet.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is not None:
        return _composed(origin, arguments)
    if annotation in _SCALARS:
        return dict(_SCALARS[annotation])
    if isinstance(annotation, type) and issubclass(annotation, OpenModel):
        return kubernetes.definition(annotation.definition)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return _object(annotation, annotation.model_fields)
    raise TypeError(f"no structural schema for {annotation!r}")


def _composed(origin: object, arguments: Sequence[object]) -> Schema:
    if origin is Annotated:
        return _constrain(arguments[0], arguments[1:])
    if origin in {Union, UnionType} and NoneType in arguments:
        return structural_schema(next(argument for argument in arguments if argument is not NoneType))
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": structural_schema(arguments[0]), "x-kubernetes-list-type": "atomic"}
    if origin is dict:
        return {"type": "object", "additionalProperties": structural_schema(arguments[1])}
    raise TypeError(f"no structural schema for {origin!r} of {arguments!r}")


def _object(model: type[Model], fields: Mapping[str, FieldInfo]) -> Schema:
    schema: Schema = {"type": "object"}
    if fields:
        schema["properties"] = {str(field.alias): _field(field) for field in fields.values()}
    if required := [field.alias for field in fields.values() if _is_required(field)]:
        schema["required"] = required
    return _add(schema, model.constraints)


def _field(field: FieldInfo) -> Schema:
    schema = _constrain(field.annotation, field.metadata)
    has_default = isinstance(field.default, str | int) and not _is_required(field)
    return schema | {"default": field.default} if has_default else schema


def _is_required(field: FieldInfo) -> bool:
    return field.is_required() or any(mark.required for mark in _constraints(field.metadata))


def _constrain(annotation: object, marks: Sequence[object]) -> Schema:
    constraints = tuple(_constraints(marks))
    stands_for = [mark.definition for mark in constraints if mark.definition]
    return _add(kubernetes.definition(stands_for[0]) if stands_for else structural_schema(annotation), *constraints)


def _add(schema: Schema, *constraints: Constraints) -> Schema:
    for mark in constraints:
        rules = [*schema.get(_RULES, ()), *map(_rule, mark.rules)]
        schema |= _keywords(mark) | ({_RULES: rules} if rules else {})
    return schema


def _constraints(marks: Sequence[object]) -> Iterator[Constraints]:
    return (mark for mark in marks if isinstance(mark, Constraints))


def _keywords(constraints: Constraints) -> Schema:
    keywords: Schema = {
        keyword: value
        for attribute, keyword in _KEYWORDS.items()
        if (value := getattr(constraints, attribute)) is not None
    }
    if constraints.keys:
        keywords |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(constraints.keys)}
    if constraints.unique:
        keywords["x-kubernetes-list-type"] = "set"
    return keywords


def _rule(rule: Rule) -> Schema:
    return {"rule": rule.rule} | (
        {"messageExpression": rule.expression} if rule.expression else {"message": rule.message}
    )


def _crd(kind: str, scope: str, model: type[Model], columns: Sequence[Mapping[str, Any]]) -> Schema:
    plural = f"{kind.lower()}s"
    fields = {name: field for name, field in model.model_fields.items() if name in {"spec", "status"}}
    schema = _object(model, fields)
    meta = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    schema["properties"] = meta | schema["properties"]
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        **({"subresources": {"status": {}}} if "status" in fields else {}),
        "additionalPrinterColumns": list(columns),
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "scope": scope,
            "versions": [version],
        },
    }
