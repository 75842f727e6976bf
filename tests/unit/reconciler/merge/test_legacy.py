"""What older Trainers had in other fields, as the patches that it means."""

from typing import Any

import pytest
from tests.factories.objects import trainjob

from trainjob_operator.reconciler.merge.legacy import patches_of

TARGETS = [{"name": "node"}, {"name": "model-initializer"}, {"name": "node"}]
POD = {"nodeSelector": {"a": "b"}, "containers": [{"name": "node", "env": [{"name": "A", "value": ""}]}]}


def jobs(template: dict[str, Any], *names: str) -> dict[str, Any]:
    return {
        "template": {
            "spec": {"replicatedJobs": [{"name": name, "template": {"spec": {"template": template}}} for name in names]}
        }
    }


@pytest.mark.parametrize(
    ("spec", "patches"),
    [
        pytest.param({}, [], id="none"),
        pytest.param({"labels": {}, "podSpecOverrides": []}, [], id="empty"),
        pytest.param(
            {"labels": {"a": "b"}}, [("metadata", {"template": {"metadata": {"labels": {"a": "b"}}}})], id="labels"
        ),
        pytest.param(
            {"annotations": {"a": "b"}},
            [("metadata", {"template": {"metadata": {"annotations": {"a": "b"}}}})],
            id="annotations",
        ),
        pytest.param(
            {"podSpecOverrides": [{"targetJobs": TARGETS, **POD}]},
            [("podSpecOverrides.0", jobs({"spec": POD}, "node", "model-initializer"))],
            id="v2.0",
        ),
        pytest.param(
            {
                "podTemplateOverrides": [
                    {"targetJobs": TARGETS[:1], "metadata": {"labels": {"l": "m"}}},
                    {"targetJobs": TARGETS[1:2], "spec": POD},
                ]
            },
            [
                ("podTemplateOverrides.0", jobs({"metadata": {"labels": {"l": "m"}}}, "node")),
                ("podTemplateOverrides.1", jobs({"spec": POD}, "model-initializer")),
            ],
            id="v2.1",
        ),
        pytest.param(
            {
                "podTemplateOverrides": [{"targetJobs": TARGETS[:1]}],
                "podSpecOverrides": [{"targetJobs": TARGETS[:1]}],
                "labels": {"a": "b"},
            },
            [
                ("metadata", {"template": {"metadata": {"labels": {"a": "b"}}}}),
                ("podSpecOverrides.0", jobs({"spec": {}}, "node")),
                ("podTemplateOverrides.0", jobs({}, "node")),
            ],
            id="older before newer",
        ),
    ],
)
def test_patches(spec: dict[str, Any], patches: list[tuple[str, Any]]) -> None:
    assert [patch.model_dump(mode="json", exclude_unset=True) for patch in patches_of(trainjob(**spec).spec)] == [
        {"manager": f"legacy/{name}", "trainingRuntimeSpec": change} for name, change in patches
    ]
