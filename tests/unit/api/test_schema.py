import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from trainjob_operator.api import kubernetes
from trainjob_operator.api.constraints import IMMUTABLE, Constraints, Int32, Rule
from trainjob_operator.api.model import Model
from trainjob_operator.api.schema import custom_resource_definitions, structural_schema
from trainjob_operator.api.workload import EnvVar
from trainjob_operator.generate.crds import to_yaml

CRDS = Path(__file__).parents[3] / "crds"
GENERATED = custom_resource_definitions()
ANNOTATION_LIMIT = 262144
"""Of all annotations together; client-side apply keeps the whole object in one."""

Schema = dict[str, Any]


def schemas(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield every schema within a schema with its path."""
    yield path, schema
    for name, nested in schema.get("properties", {}).items():
        yield from schemas(nested, f"{path}.{name}")
    for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in schema:
            yield from schemas(schema[keyword], path + mark)


def root(crd: Schema) -> Schema:
    [version] = crd["spec"]["versions"]
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema


def at(kind: str, path: str) -> Schema:
    return dict(schemas(root(GENERATED[f"trainer.kubeflow.org_{kind}.yaml"])))[path]


def test_the_files_are_up_to_date() -> None:
    on_disk = {file.name: file.read_text() for file in CRDS.glob("trainer.kubeflow.org_*.yaml")}
    assert on_disk == {name: to_yaml(crd) for name, crd in GENERATED.items()}


@pytest.mark.parametrize("name", GENERATED)
def test_client_side_apply_can_annotate_it(name: str) -> None:
    assert len(json.dumps(GENERATED[name], separators=(",", ":"))) < ANNOTATION_LIMIT / 2


@pytest.mark.parametrize("name", GENERATED)
def test_every_type_is_spelt_out_and_nothing_is_described(name: str) -> None:
    for path, schema in schemas(root(GENERATED[name])):
        assert "type" in schema or schema.get("x-kubernetes-int-or-string"), path
        assert not {"description", "$ref", "x-kubernetes-preserve-unknown-fields"} & schema.keys(), path


@pytest.mark.parametrize("name", GENERATED)
def test_keys_of_lists_are_required_or_defaulted(name: str) -> None:
    for path, schema in schemas(root(GENERATED[name])):
        for key in schema.get("x-kubernetes-list-map-keys", ()):
            item = schema["items"]
            assert key in item.get("required", ()) or "default" in item["properties"][key], path


def test_both_runtimes_have_one_schema() -> None:
    names = [f"trainer.kubeflow.org_{kind}.yaml" for kind in ("trainingruntimes", "clustertrainingruntimes")]
    assert root(GENERATED[names[0]]) == root(GENERATED[names[1]])
    assert [GENERATED[name]["spec"]["scope"] for name in names] == ["Namespaced", "Cluster"]


@pytest.mark.parametrize(
    ("path", "keys"),
    {
        ".spec.trainer.env": ["name"],
        ".spec.initializer.model.env": ["name"],
        ".spec.runtimePatches": ["manager"],
        ".status.conditions": ["type"],
        ".status.jobsStatus": ["name"],
        ".spec.trainer.resourcesPerNode.claims": ["name"],
    }.items(),
)
def test_lists_that_are_maps_to_server_side_apply(path: str, keys: list[str]) -> None:
    schema = at("trainjobs", path)
    assert (schema["x-kubernetes-list-type"], schema["x-kubernetes-list-map-keys"]) == ("map", keys)


def test_what_kubernetes_leaves_to_its_code_has_a_default() -> None:
    pod = ".spec.template.spec.replicatedJobs[].template.spec.template.spec"
    assert at("trainingruntimes", f"{pod}.containers[].ports[].protocol")["default"] == "TCP"
    assert at("trainingruntimes", f"{pod}.imagePullSecrets[].name")["default"] == ""


class Inner(Model):
    flag: bool | None = None


class Outer(Model):
    constraints = Constraints(rules=(Rule("true", "one"),))

    some_name: str
    size: Annotated[Int32 | None, Constraints(minimum=0)] = None
    kind: Annotated[str, Constraints(max_length=9)] = "a"
    choice: Literal["x", "y"] | None = None
    at: Annotated[datetime | None, Constraints(required=True)] = None
    inners: Annotated[tuple[Inner, ...], Constraints(unique=True)] = ()
    labels: dict[str, str] | None = None
    selector: Annotated[dict[str, Any] | None, Constraints(definition="core.v1.PodSchedulingGate")] = None


def test_a_model_becomes_a_schema() -> None:
    assert structural_schema(Annotated[Outer, Constraints(rules=(IMMUTABLE,))]) == {
        "type": "object",
        "properties": {
            "someName": {"type": "string"},
            "size": {"type": "integer", "format": "int32", "minimum": 0},
            "kind": {"type": "string", "maxLength": 9, "default": "a"},
            "choice": {"type": "string", "enum": ["x", "y"]},
            "at": {"type": "string", "format": "date-time"},
            "inners": {
                "type": "array",
                "items": {"type": "object", "properties": {"flag": {"type": "boolean"}}},
                "x-kubernetes-list-type": "set",
            },
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "selector": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        },
        "required": ["someName", "at"],
        "x-kubernetes-validations": [
            {"rule": "true", "message": "one"},
            {"rule": "self == oldSelf", "message": "field is immutable"},
        ],
    }


def test_a_type_of_kubernetes_becomes_its_definition() -> None:
    schema = structural_schema(tuple[EnvVar, ...] | None)
    assert schema["items"] == kubernetes.definition("core.v1.EnvVar")
    assert schema["items"]["properties"]["valueFrom"]["properties"]["fieldRef"]["required"] == ["fieldPath"]


@pytest.mark.parametrize("form", [object, list[str], int | str, dict[str, Any]], ids=str)
def test_a_form_that_no_model_uses_is_refused(form: object) -> None:
    with pytest.raises(TypeError, match="no structural schema"):
        structural_schema(form)
