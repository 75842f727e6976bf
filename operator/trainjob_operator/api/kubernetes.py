"""Kubernetes' own types as structural schemas, for the places where a custom resource holds a piece of one.

``kubernetes.json`` beside this module is made by `python -m trainjob_operator.generate.kubernetes`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

DATA = Path(__file__).with_name("kubernetes.json")


def definition(name: str) -> Schema:
    """Give the schema of a Kubernetes type, such as ``core.v1.EnvVar``, with every type in it spelt out.

    Raises:
        KeyError: the data file has no such type.
    """
    return _inline(_definitions()[name])


@cache
def _definitions() -> dict[str, Schema]:
    definitions: dict[str, Schema] = json.loads(DATA.read_text())["definitions"]
    return definitions


def _inline(schema: Schema) -> Schema:
    if "$ref" in schema:
        return definition(schema["$ref"])
    inlined = dict(schema)
    if "properties" in schema:
        inlined["properties"] = {
            name: _inline(nested) | {key: value for key, value in nested.items() if key == "default"}
            for name, nested in schema["properties"].items()
        }
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            inlined[keyword] = _inline(schema[keyword])
    return inlined
