"""Trainers that nobody runs, that have to share a machine, or that are kept by what runs beside them."""

import pytest
from tests.factories.objects import LLAMA, Body, runtime_body, runtime_with, step
from tests.factories.requests import created, creation

from trainjob_operator.admission.review import validate
from trainjob_operator.api.runtime import Runtime, parse_runtime

SIDECAR = {"name": "logs", "image": "logs:1"}


def with_claim(*modes: str) -> Runtime:
    claim = {"metadata": {"name": "initializer"}, "spec": {"accessModes": list(modes)}}
    return runtime_with(volumeClaimPolicies=[{"templates": [claim]}])


def beside(*, native: bool = False, injected: bool = False) -> Body:
    body = runtime_body(LLAMA)
    pod = step(body, "node")["template"]["spec"]["template"]["spec"]
    if native:
        pod["initContainers"] = [SIDECAR | {"restartPolicy": "Always"}]
    else:
        pod["containers"].append(SIDECAR)
    if injected:
        targets = [{"jobName": "node", "containerNames": ["logs"]}]
        body["spec"]["mlPolicy"]["torch"] = {"envInjection": {"targets": targets}}
    return body


@pytest.mark.parametrize("modes", [["ReadWriteOnce"], ["ReadWriteOncePod"], []])
def test_several_nodes_on_a_claim_for_one(modes: list[str]) -> None:
    [warning] = created(runtime=with_claim(*modes), trainer={"numNodes": 2}).warnings

    assert warning.startswith("spec.trainer.numNodes: 2 pods share the claim initializer-j, which the runtime makes")
    assert f"{modes[0] if modes else 'ReadWriteOnce'}, for one machine at a time" in warning
    assert "with 4 accelerators in all" in warning
    assert warning.endswith("set spec.workspace.accessModes: [ReadWriteMany], with a storage class that has it")


@pytest.mark.parametrize(
    ("workspace", "said"),
    [
        pytest.param(
            {"accessModes": ["ReadWriteOnce"]}, "which is to be ReadWriteOnce, for one machine", id="asked for"
        ),
        pytest.param({"claimName": "mine"}, "claim mine, which is taken for ReadWriteOnce", id="an existing one"),
    ],
)
def test_several_nodes_on_a_workspace_for_one(workspace: Body, said: str) -> None:
    [warning] = created(trainer={"numNodes": 2}, workspace=workspace).warnings

    assert said in warning
    assert "spec.workspace.accessModes: [ReadWriteMany]" in warning


@pytest.mark.parametrize(
    "workspace",
    [
        {"accessModes": ["ReadWriteMany"]},
        {"accessModes": ["ReadWriteOnce", "ReadWriteMany"], "size": "1Ti"},
        {"claimName": "mine", "accessModes": ["ReadWriteMany"]},
    ],
    ids=["made", "one of two modes", "existing"],
)
def test_several_nodes_on_a_workspace_for_many(workspace: Body) -> None:
    assert created(trainer={"numNodes": 2}, workspace=workspace).warnings == ()


@pytest.mark.parametrize(
    ("runtime", "trainer"),
    [
        pytest.param(with_claim("ReadWriteMany"), {"numNodes": 2}, id="a claim for many"),
        pytest.param(with_claim("ReadWriteOnce", "ReadWriteMany"), {"numNodes": 2}, id="among others"),
        pytest.param(with_claim("ReadWriteOnce"), {"numNodes": 1}, id="one node"),
        pytest.param(
            runtime_with(name="torch-distributed"), {"numNodes": 4, "command": ["torchrun", "x.py"]}, id="no claim"
        ),
    ],
)
def test_nodes_that_find_their_place(runtime: Runtime, trainer: Body) -> None:
    assert created(runtime=runtime, trainer=trainer).warnings == ()


def test_no_node_is_allowed_and_said() -> None:
    answer = created(trainer={"numNodes": 0})
    of_runtime = created(runtime=runtime_with(spec={"mlPolicy": {"numNodes": 0, "torch": {}}}), trainer={})

    said = "is 0: no pod trains, and the TrainJob is Complete as soon as its other Jobs are"
    assert answer.allowed
    assert answer.warnings == (f"spec.trainer.numNodes {said}",)
    assert of_runtime.warnings == (f"spec.runtimeRef: mlPolicy.numNodes {said}",)


def test_a_container_beside_the_trainer_s() -> None:
    [warning] = created(runtime=parse_runtime(beside()), trainer={}).warnings
    [of_runtime] = validate(creation(beside(), "ClusterTrainingRuntime"), None).warnings

    words = (
        ": container logs runs beside node, and the pod keeps its accelerators until both have ended: if it does not"
        " end by itself, make it one of initContainers with restartPolicy: Always, which Kubernetes stops once node has"
        " ended"
    )
    assert warning == f"spec.runtimeRef{words}"
    assert of_runtime == f"spec.template.spec.replicatedJobs[2]{words}"


@pytest.mark.parametrize("runtime", [beside(native=True), beside(injected=True)], ids=["native", "in the training"])
def test_company_that_ends(runtime: Body) -> None:
    assert created(runtime=parse_runtime(runtime), trainer={}).warnings == ()
    assert validate(creation(runtime, "ClusterTrainingRuntime"), None).warnings == ()
