"""Makes ``api/kubernetes.json`` from the OpenAPI document that every Kubernetes release carries.

    python -m trainjob_operator.generate.kubernetes SWAGGER VERSION

SWAGGER is ``api/openapi-spec/swagger.json`` of the Go module ``k8s.io/kubernetes`` at VERSION.
"""

import argparse
import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from trainjob_operator.api.kubernetes import DATA, Schema

_ROOTS = ("batch.v1.JobTemplateSpec", "core.v1.PersistentVolumeClaim")
_PREFIXES = ("io.k8s.api.", "io.k8s.apimachinery.pkg.apis.", "io.k8s.apimachinery.pkg.")
_KEPT = ("type", "format", "required", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type")
_LABELS = {"type": "object", "additionalProperties": {"type": "string"}}
_QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
_INT_OR_STRING = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}
_OWN_FORM: Mapping[str, Schema] = {
    "api.resource.Quantity": _INT_OR_STRING | {"pattern": _QUANTITY},
    "util.intstr.IntOrString": _INT_OR_STRING,
    "meta.v1.Time": {"type": "string", "format": "date-time"},
    # What a template may carry; an object's identity and history make no sense there.
    "meta.v1.ObjectMeta": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "namespace": {"type": "string"},
            "labels": _LABELS,
            "annotations": _LABELS,
            "finalizers": {"type": "array", "items": {"type": "string"}},
        },
    },
}
# Keys of lists have to be required or have a default; these are optional in Kubernetes and defaulted by its code.
_DEFAULTS = {("core.v1.ContainerPort", "protocol"): "TCP", ("core.v1.LocalObjectReference", "name"): ""}


def extract(swagger: Mapping[str, Any], version: str) -> Schema:
    """Take Job templates, claims and all that they consist of out of Kubernetes' OpenAPI document."""
    known = {_shorten(name): schema for name, schema in swagger["definitions"].items()}
    found: dict[str, Schema] = {}
    pending = list(_ROOTS)
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = deepcopy(dict(_OWN_FORM[name])) if name in _OWN_FORM else _convert(name, known[name])
            pending += _references(found[name])
    return {
        "origin": f"k8s.io/kubernetes {version}, api/openapi-spec/swagger.json, Apache-2.0",
        "definitions": dict(sorted(found.items())),
    }


def _convert(name: str, schema: Mapping[str, Any]) -> Schema:
    """Keep what a structural schema may say; leave out descriptions and what only kubectl's merge patch reads."""
    if "$ref" in schema:
        return {"$ref": _shorten(schema["$ref"].removeprefix("#/definitions/"))}
    converted: Schema = {key: schema[key] for key in _KEPT if key in schema}
    if "properties" in schema:
        converted["properties"] = {key: _convert("", value) for key, value in sorted(schema["properties"].items())}
        for (owner, key), default in _DEFAULTS.items():
            if owner == name:
                converted["properties"][key]["default"] = default
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            converted[keyword] = _convert("", schema[keyword])
    return converted


def _references(schema: object) -> list[str]:
    if isinstance(schema, dict):
        own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
        return own + [name for nested in schema.values() for name in _references(nested)]
    return []


def _shorten(name: str) -> str:
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def main() -> None:
    """Make the data file of Kubernetes' types from Kubernetes' OpenAPI document."""
    parser = argparse.ArgumentParser(prog="python -m trainjob_operator.generate.kubernetes", description=main.__doc__)
    parser.add_argument("swagger", type=Path)
    parser.add_argument("version", help="as it is to stand in the data file, such as v1.37.1")
    arguments = parser.parse_args()
    extracted = extract(json.loads(arguments.swagger.read_text()), arguments.version)
    DATA.write_text(json.dumps(extracted, indent=1) + "\n")


if __name__ == "__main__":
    main()
