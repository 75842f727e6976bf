from typing import Any

import pytest

from trainjob_operator.api.validation import check_schema, check_structure
from trainjob_operator.naming import MULTIKUEUE_CONTROLLER, TRAINJOB_CONTROLLER

Body = dict[str, Any]
MUCH = "hf://" + "x" * 2044
NUMBER = "numProcPerNode must be greater than or equal to 1, or auto, cpu or gpu"


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
        (
            trainjob(initializer={"model": {"storageUri": "org/name"}}),
            "spec.initializer.model.storageUri: storageUri may be empty, or it must be a valid URI (scheme://...)",
        ),
        (trainjob(trainer={"numProcPerNode": 0}), f"spec.trainer.numProcPerNode: {NUMBER}"),
        (trainjob(trainer={"numProcPerNode": 2**31}), f"spec.trainer.numProcPerNode: {NUMBER}"),
        (trainjob(trainer={"numProcPerNode": "2"}), f"spec.trainer.numProcPerNode: {NUMBER}"),
        (
            trainjob(managedBy="acme.io/me"),
            f"spec.managedBy: ManagedBy must be {TRAINJOB_CONTROLLER} or {MULTIKUEUE_CONTROLLER} if set",
        ),
        (
            trainjob(runtimePatches=[{"manager": "me"}]),
            'spec.runtimePatches[0].manager: must be a domain-prefixed path (such as "acme.io/foo")',
        ),
        (trainjob() | {"metadata": {"name": "J"}}, "metadata.name must match RFC 1035 DNS label format"),
        (trainjob() | {"metadata": {"generateName": "j-"}}, "metadata.name: is required"),
        (trainjob() | {"metadata": []}, "metadata.name: is required"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_only_the_whole_schema_refuses(body: Body, fault: str) -> None:
    assert list(check_schema("TrainJob", body)) == [fault]
    assert list(check_structure("TrainJob", body)) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (trainjob() | {"spec": None}, "spec: must be of type object"),
        (trainjob(runtimeRef={}), "spec.runtimeRef.name: is required"),
        (trainjob(runtimeRef={"name": None}), "spec.runtimeRef.name: is required"),
        (trainjob(trainer="none"), "spec.trainer: must be of type object"),
        (trainjob(trainer={"args": "epochs=1"}), "spec.trainer.args: must be of type array"),
        (trainjob(trainer={"args": [None]}), "spec.trainer.args[0]: must be of type string"),
        (trainjob(trainer={"numNodes": 1.5}), "spec.trainer.numNodes: must be of type integer"),
        (trainjob(trainer={"numNodes": True}), "spec.trainer.numNodes: must be of type integer"),
        (trainjob(trainer={"numProcPerNode": []}), "spec.trainer.numProcPerNode: must be an integer or a string"),
        (trainjob(labels={"a": None}), "spec.labels.a: must be of type string"),
        (
            trainjob(trainer={"env": [{"name": "A"}, {"name": "A"}]}),
            "spec.trainer.env: must not have two items of one name",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_another_structure(body: Body, fault: str) -> None:
    assert list(check_structure("TrainJob", body)) == [fault]
    assert list(check_schema("TrainJob", body)) == [fault]


def test_a_quantity_has_a_form() -> None:
    [fault] = check_schema("TrainJob", trainjob(trainer={"resourcesPerNode": {"limits": {"cpu": "many"}}}))

    assert fault.startswith("spec.trainer.resourcesPerNode.limits.cpu: must be of the form ")


@pytest.mark.parametrize(
    "body",
    [
        trainjob(trainer={"resourcesPerNode": {"limits": {"nvidia.com/gpu": 1.0, "memory": "1Gi"}}}, suspend=True),
        trainjob(labels={"a": "b"}, initializer=None),
        trainjob(initializer={"model": {"storageUri": ""}, "dataset": {"storageUri": "hf://org/name"}}),
        trainjob(trainer={"numProcPerNode": 2}, managedBy="kueue.x-k8s.io/multikueue"),
        trainjob(trainer={"numNodes": 2.0, "numProcPerNode": "auto"}),
        trainjob() | {"status": {}},
    ],
    ids=str,
)
def test_what_is_in_order(body: Body) -> None:
    assert list(check_structure("TrainJob", body)) == []
    assert list(check_schema("TrainJob", body)) == []


def test_the_trainer_s_own_container_is_no_target() -> None:
    target = {"jobName": "node", "containerNames": ["side", "node"]}
    body = {"metadata": {"name": "r"}, "spec": {"mlPolicy": {"torch": {"envInjection": {"targets": [target]}}}}}

    [fault] = check_schema("ClusterTrainingRuntime", body)

    assert fault.startswith(
        "spec.mlPolicy.torch.envInjection.targets[0].containerNames: containerNames must not include the main node"
    )
