"""What is refused, by which reason, and in words that name the field."""

from typing import Any

import pytest
from tests.factories.objects import LLAMA, SDK, rejected, resolved, runtime_body, runtime_with, step, trainjob

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.wording import shorten


def runtime_without(name: str, *, container: bool = False, mount: bool = False, label: bool = False) -> Runtime:
    body = runtime_body()
    template = step(body, name)["template"]
    [one] = template["spec"]["template"]["spec"]["containers"]
    if container:
        one["name"] = "other"
    if mount:
        one["volumeMounts"] = []
    if label:
        template["metadata"]["labels"] = {}
    return parse_runtime(body)


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        pytest.param(
            {"trainer": {"env": [{"name": "PET_NNODES"}, {"name": "A"}, {"name": "PET_MASTER_ADDR"}]}},
            Reason.INVALID_SPEC,
            "spec.trainer.env: must not have reserved envs, invalid envs configured: [PET_MASTER_ADDR PET_NNODES]",
            id="reserved env",
        ),
        pytest.param(
            {"trainer": {"command": SDK, "args": ["epochs=1", "output_dir=/x", "tokenizer.path=/x", "output_dir"]}},
            Reason.INVALID_SPEC,
            'spec.trainer.args[1]: must not set immutable config "output_dir" in trainer args; it is managed by the'
            ' runtime; spec.trainer.args[2]: must not set immutable config "tokenizer.path" in trainer args; it is'
            ' managed by the runtime; spec.trainer.args[3]: must not set immutable config "output_dir"',
            id="managed overrides",
        ),
        pytest.param(
            {"runtimeRef": {"name": "x", "kind": "Pod", "apiGroup": "v1"}},
            Reason.UNSUPPORTED_RUNTIME,
            "spec.runtimeRef: unsupported runtime: Pod.v1",
            id="no runtime at all",
        ),
    ],
)
def test_trainjob(spec: dict[str, Any], reason: Reason, message: str) -> None:
    result = rejected(trainjob(**spec), runtime_with())

    assert result.reason is reason
    assert message in result.message


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"suspend": True}, id="suspended"),
        pytest.param({"runtimePatches": []}, id="no patch"),
        pytest.param({"trainer": {}}, id="an empty trainer"),
        pytest.param({"trainer": {"args": ["output_dir=/x"]}}, id="overrides of a runtime's own command"),
        pytest.param({"trainer": {"command": SDK, "args": ["checkpointer.output_dir=/x"]}}, id="a similar key"),
        pytest.param({"initializer": {"dataset": {"storageUri": ""}}}, id="an empty source"),
    ],
)
def test_trainjob_that_is_fine(spec: dict[str, Any]) -> None:
    assert resolved(trainjob(**spec)).name == "j"


@pytest.mark.parametrize(
    ("runtime", "nodes", "limit"),
    [
        pytest.param(LLAMA, 1, 39, id="with initializers"),
        pytest.param("torch-distributed", 1, 54, id="without"),
        pytest.param("torch-distributed", 0, 54, id="no node"),
        pytest.param("torch-distributed", 11, 53, id="node 10"),
    ],
)
def test_the_longest_name_that_pods_can_carry(runtime: str, nodes: int, limit: int) -> None:
    trainer = {"numNodes": nodes}
    assert resolved(trainjob("n" * limit, runtime, trainer=trainer)).name == "n" * limit

    result = rejected(trainjob("n" * (limit + 1), runtime, trainer=trainer), runtime_with(name=runtime))

    assert result.reason is Reason.NAME_TOO_LONG
    assert f"has {limit + 1} characters; runtime {runtime} leaves {limit}" in result.message


def test_a_runtime_that_is_missing() -> None:
    result = rejected(trainjob(runtime="gone"), None)

    assert result.reason is Reason.RUNTIME_NOT_FOUND
    assert "ClusterTrainingRuntime gone does not exist: create it" in result.message
    assert "kubectl get clustertrainingruntimes" in result.message


def test_an_initializer_of_another_name_is_told_the_name() -> None:
    body = runtime_body()
    step(body, "dataset-initializer")["name"] = "fetch"
    for one in step(body, "node")["dependsOn"]:
        one["name"] = one["name"].replace("dataset-initializer", "fetch")

    result = rejected(trainjob(initializer={"dataset": {"storageUri": "hf://a/b"}}), parse_runtime(body))

    assert (
        "job fetch of runtime torchtune-llama3.2-1b has its label, and would have to be called data" in result.message
    )


@pytest.mark.parametrize(
    ("runtime", "message"),
    [
        pytest.param(
            runtime_without("dataset-initializer", label=True),
            "must have dataset-initializer job when trainJob is configured with input datasetConfig: runtime",
            id="job",
        ),
        pytest.param(
            runtime_without("dataset-initializer", mount=True),
            "must have volumeMount with name - initializer in container dataset-initializer: runtime",
            id="volume mount",
        ),
    ],
)
def test_a_source_without_an_initializer(runtime: Runtime, message: str) -> None:
    result = rejected(trainjob(initializer={"dataset": {"storageUri": "hf://a/b"}}), runtime)

    assert result.reason is Reason.INVALID_SPEC
    assert result.message.startswith("spec.initializer.dataset: ")
    assert message in result.message


@pytest.mark.parametrize(
    ("runtime", "reason", "field"),
    [
        (runtime_with(spec={"mlPolicy": {"mpi": {}}}), Reason.UNSUPPORTED_RUNTIME, "spec.mlPolicy.mpi"),
        (runtime_with(spec={"mlPolicy": {"jax": {}}}), Reason.UNSUPPORTED_RUNTIME, "spec.mlPolicy.jax"),
        (runtime_with(spec={"podGroupPolicy": {"volcano": {}}}), Reason.UNSUPPORTED_FIELD, "spec.podGroupPolicy"),
        (
            runtime_with(network={"enableDNSHostnames": False}),
            Reason.UNSUPPORTED_FIELD,
            "spec.template.spec.network.enableDNSHostnames",
        ),
        (runtime_with(successPolicy={"operator": "Any"}), Reason.UNSUPPORTED_FIELD, "spec.template.spec.successPolicy"),
        (runtime_with(failurePolicy={"maxRestarts": 1}), Reason.UNSUPPORTED_FIELD, "spec.template.spec.failurePolicy"),
        (
            runtime_with(startupPolicy={"startupPolicyOrder": "InOrder"}),
            Reason.UNSUPPORTED_FIELD,
            "spec.template.spec.startupPolicy",
        ),
        (runtime_with(suspend=True), Reason.UNSUPPORTED_FIELD, "spec.template.spec.suspend"),
        (
            runtime_with(coordinator={"replicatedJob": "node"}),
            Reason.UNSUPPORTED_FIELD,
            "spec.template.spec.coordinator",
        ),
        (runtime_with(managedBy="me"), Reason.UNSUPPORTED_FIELD, "spec.template.spec.managedBy"),
        (runtime_without("node", label=True), Reason.RUNTIME_INVALID, "exactly one must be the trainer"),
        (runtime_without("node", container=True), Reason.RUNTIME_INVALID, "must contain the required container node"),
        (
            runtime_with(volumeClaimPolicies=[{"templates": [{"metadata": {"name": "my_claim"}, "spec": {}}]}]),
            Reason.RUNTIME_INVALID,
            "volumeClaimPolicies[0].templates[0].metadata.name: 'my_claim' must consist of lower case letters",
        ),
        (
            runtime_with(
                spec={
                    "mlPolicy": {"torch": {"envInjection": {"targets": [{"jobName": "node", "containerNames": ["x"]}]}}}
                }
            ),
            Reason.RUNTIME_INVALID,
            'envInjection target podSet "node" container "x" not found',
        ),
    ],
)
def test_runtime(runtime: Runtime, reason: Reason, field: str) -> None:
    result = rejected(trainjob(), runtime)

    assert result.reason is reason
    assert result.message.startswith("spec.runtimeRef: ClusterTrainingRuntime torchtune-llama3.2-1b cannot be used: ")
    assert field in result.message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"replicas": 2}, "replicas: always must be 1", id="replicas"),
        pytest.param({"dependsOn": [{"name": "later", "status": "Complete"}]}, "dependsOn: later is not", id="order"),
    ],
)
def test_step_of_a_runtime(change: dict[str, Any], field: str) -> None:
    body = runtime_body()
    step(body, "node").update(change)

    result = rejected(trainjob(), parse_runtime(body))

    assert result.reason is Reason.RUNTIME_INVALID
    assert f"replicatedJobs[node].{field}" in result.message


@pytest.mark.parametrize("name", ["", "x\n", "ACCESS_TOKEN", "a.b", "-a"])
def test_step_with_a_name_that_no_job_can_have(name: str) -> None:
    body = runtime_body()
    step(body, "dataset-initializer")["name"] = name

    result = rejected(trainjob(), parse_runtime(body))

    assert result.reason is Reason.RUNTIME_INVALID
    assert f"replicatedJobs[{shorten(name)}].name: {name!r} must consist of lower case letters" in result.message


def test_what_equals_a_default_is_no_use_of_a_field() -> None:
    runtime = runtime_with(
        successPolicy={"operator": "All"},
        failurePolicy={"maxRestarts": 0},
        startupPolicy={"startupPolicyOrder": "AnyOrder"},
        suspend=False,
        network={"enableDNSHostnames": True},
    )

    assert resolved(trainjob(), runtime).publishes_unready
