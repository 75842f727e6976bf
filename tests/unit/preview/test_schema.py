from typing import Any

import pytest

from trainjob_operator.preview.schema import find_faults

Body = dict[str, Any]
MUCH = "x" * 2049


def trainjob(**spec: object) -> Body:
    return {
        "apiVersion": "a",
        "kind": "TrainJob",
        "metadata": {"name": "j"},
        "spec": {"runtimeRef": {"name": "r"}, **spec},
    }


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (trainjob() | {"specs": {}}, 'unknown field "specs"'),
        (trainjob(trainers={}), 'unknown field "spec.trainers"'),
        (trainjob(trainer={"env": [{"name": "A", "valeu": "1"}]}), 'unknown field "spec.trainer.env[0].valeu"'),
        (trainjob(trainer={"numNodes": -1}), "spec.trainer.numNodes: must be at least 0"),
        (trainjob(trainer={"numNodes": 2**31}), "spec.trainer.numNodes: must be at most 2147483647"),
        (trainjob(activeDeadlineSeconds=0), "spec.activeDeadlineSeconds: must be at least 1"),
        (trainjob(trainer={"args": ["a"] * 129}), "spec.trainer.args: must have at most 128 items, not 129"),
        (
            trainjob(initializer={"model": {"storageUri": MUCH}}),
            "spec.initializer.model.storageUri: must have at most 2048 characters, not 2049",
        ),
        (trainjob(runtimeRef={"name": ""}), "spec.runtimeRef.name: must have at least 1 characters"),
        (
            trainjob(trainer={"resourcesPerNode": {"limits": {"cpu": 0.5}}}),
            'spec.trainer.resourcesPerNode.limits.cpu: must be an integer or a string: write "0.5"',
        ),
        (trainjob() | {"metadata": {"name": "J"}}, "metadata.name must match RFC 1035 DNS label format"),
        (trainjob() | {"metadata": {"generateName": "j-"}}, "metadata.name: is required"),
        (trainjob() | {"metadata": []}, "metadata.name: is required"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_faults(body: Body, fault: str) -> None:
    assert list(find_faults("TrainJob", body)) == [fault]


def test_a_quantity_has_a_form() -> None:
    [fault] = find_faults("TrainJob", trainjob(trainer={"resourcesPerNode": {"limits": {"cpu": "many"}}}))

    assert fault.startswith("spec.trainer.resourcesPerNode.limits.cpu: must be of the form ")


@pytest.mark.parametrize(
    "body",
    [
        trainjob(trainer={"resourcesPerNode": {"limits": {"nvidia.com/gpu": 1.0, "memory": "1Gi"}}}, suspend=True),
        trainjob(labels={"a": "b"}, initializer=None),
        trainjob(trainer="of the wrong type: admission's to tell"),
        trainjob() | {"status": {}},
    ],
    ids=str,
)
def test_what_is_in_order(body: Body) -> None:
    assert list(find_faults("TrainJob", body)) == []
