from typing import Any

from trainjob_operator.api.kubernetes import definition
from trainjob_operator.generate.kubernetes import extract

SWAGGER: dict[str, Any] = {
    "definitions": {
        "io.k8s.api.batch.v1.JobTemplateSpec": {
            "description": "a Job",
            "type": "object",
            "properties": {
                "metadata": {
                    "$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
                    "description": "m",
                },
                "ports": {
                    "description": "ports",
                    "type": "array",
                    "items": {"$ref": "#/definitions/io.k8s.api.core.v1.ContainerPort"},
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
                    "x-kubernetes-patch-merge-key": "containerPort",
                    "x-kubernetes-patch-strategy": "merge",
                },
            },
        },
        "io.k8s.api.core.v1.ContainerPort": {
            "type": "object",
            "required": ["containerPort"],
            "properties": {"protocol": {"type": "string"}, "containerPort": {"type": "integer", "format": "int32"}},
        },
        "io.k8s.api.core.v1.PersistentVolumeClaim": {
            "type": "object",
            "properties": {
                "capacity": {
                    "type": "object",
                    "additionalProperties": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"},
                }
            },
            "x-kubernetes-group-version-kind": [{"group": "", "kind": "PersistentVolumeClaim", "version": "v1"}],
        },
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object"},
        "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
        "io.k8s.api.core.v1.Node": {"type": "object"},
    }
}


def test_only_what_job_templates_and_claims_consist_of_is_taken() -> None:
    extracted = extract(SWAGGER, "v1.2.3")
    assert extracted["origin"].startswith("k8s.io/kubernetes v1.2.3, ")
    assert list(extracted["definitions"]) == [
        "api.resource.Quantity",
        "batch.v1.JobTemplateSpec",
        "core.v1.ContainerPort",
        "core.v1.PersistentVolumeClaim",
        "meta.v1.ObjectMeta",
    ]


def test_a_definition_becomes_structural() -> None:
    definitions = extract(SWAGGER, "v1.2.3")["definitions"]
    assert definitions["batch.v1.JobTemplateSpec"] == {
        "type": "object",
        "properties": {
            "metadata": {"$ref": "meta.v1.ObjectMeta"},
            "ports": {
                "type": "array",
                "items": {"$ref": "core.v1.ContainerPort"},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
            },
        },
    }
    assert definitions["core.v1.ContainerPort"]["properties"]["protocol"] == {"type": "string", "default": "TCP"}
    assert definitions["api.resource.Quantity"]["x-kubernetes-int-or-string"] is True
    assert set(definitions["meta.v1.ObjectMeta"]["properties"]) >= {"name", "labels", "annotations"}


def test_definitions_are_handed_out_as_copies() -> None:
    definition("core.v1.EnvVar")["properties"].clear()
    assert "value" in definition("core.v1.EnvVar")["properties"]
