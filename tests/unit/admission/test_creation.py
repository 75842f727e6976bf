"""What a new TrainJob is denied for, in words that name the field, and all of it at once."""

from typing import Any

import pytest
from tests.factories.objects import LLAMA, SDK, runtime_body, runtime_with, step
from tests.factories.requests import Body, body, created, creation, patch

from trainjob_operator.admission.review import runtime_wanted, validate
from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(
            {"runtimePatches": [{"manager": "nobody"}]},
            'spec.runtimePatches[0].manager: must be a domain-prefixed path (such as "acme.io/foo")',
            id="manager",
        ),
        pytest.param(
            {"runtimePatches": [patch(job="nodes")]},
            "must not have replicated job that doesn't exist in the runtime job template: nodes",
            id="patch of an unknown job",
        ),
        pytest.param(
            {"runtimePatches": [patch(pod={"containers": [{"name": "trainer"}]})]},
            "must not have container that doesn't exist in the runtime job node: trainer",
            id="patch of an unknown container",
        ),
        pytest.param(
            {"runtimePatches": [patch(pod={"initContainers": [{"name": "setup"}]})]},
            "must not have initContainer that doesn't exist in the runtime job node: setup",
            id="patch of an unknown init container",
        ),
        pytest.param(
            {"runtimePatches": [patch(pod={"containers": [{"name": "node", "env": [{"name": "A"}]}]})]},
            "must not have envs for the dataset-initializer, model-initializer, node containers",
            id="patch of our env",
        ),
        pytest.param(
            {"podTemplateOverrides": [{"targetJobs": [{"name": "nodes"}], "spec": {}}]},
            "must not have replicated job that doesn't exist in the runtime job template: nodes",
            id="override of an unknown job",
        ),
        pytest.param(
            {"trainer": {"env": [{"name": "PET_NNODES", "value": "2"}]}},
            "spec.trainer.env: must not have reserved envs, invalid envs configured: [PET_NNODES]",
            id="reserved env",
        ),
        pytest.param(
            {"trainer": {"command": SDK, "args": ["epochs=1", "output_dir=/x"]}},
            'spec.trainer.args[1]: must not set immutable config "output_dir" in trainer args',
            id="managed override",
        ),
        pytest.param(
            {"trainer": {"resourcesPerNode": {"limits": {"cpu": "many"}}}},
            "spec.trainer.resourcesPerNode: 'many' is not a quantity",
            id="no quantity",
        ),
        pytest.param(
            {"name": "n" * 40}, "metadata.name: has 40 characters; runtime torchtune-llama3.2-1b leaves 39", id="T22"
        ),
        pytest.param(
            {"runtimeRef": {"name": "x", "kind": "Pod", "apiGroup": "v1"}},
            "spec.runtimeRef: unsupported runtime: Pod.v1",
            id="no runtime at all",
        ),
        pytest.param({"trainer": {"args": [1]}}, "spec.trainer.args[0]: must be of type string", id="wrong type"),
        pytest.param({"runtimeRef": {}}, "spec.runtimeRef.name", id="no name"),
    ],
)
def test_denied(spec: dict[str, Any], message: str) -> None:
    answer = created(**spec)

    assert not answer.allowed
    assert message in answer.message


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="a runtime's name"),
        pytest.param({"suspend": True, "activeDeadlineSeconds": 5}, id="suspended"),
        pytest.param({"managedBy": "kueue.x-k8s.io/multikueue"}, id="another's"),
        pytest.param({"initializer": {"dataset": {"storageUri": ""}}}, id="an empty source"),
        pytest.param({"runtimePatches": [patch(pod={"containers": [{"name": "node"}]})]}, id="a patch"),
        pytest.param({"trainer": {"command": SDK, "args": ["model.quantize_base=True"]}}, id="QLoRA on two devices"),
        pytest.param({"trainer": {"command": SDK, "numNodes": 2}}, id="full on two nodes"),
        pytest.param(
            {"trainer": {"command": SDK, "numNodes": 2, "args": ["model.lora_attn_modules=[q_proj]"]}},
            id="LoRA on two nodes",
        ),
        pytest.param({"trainer": {"command": ["python"], "args": ["output_dir=/x"]}}, id="another program"),
        pytest.param({"trainer": {"numProcPerNode": "auto"}}, id="processes of v2.1"),
        pytest.param({"podSpecOverrides": [{"targetJobs": [{"name": "node"}]}], "labels": {"a": "b"}}, id="v2.0"),
    ],
)
def test_allowed(spec: dict[str, Any]) -> None:
    assert created(**spec).message == ""
    assert created(**spec).allowed


def test_all_that_is_wrong_is_told_at_once() -> None:
    trainer = {"command": SDK, "args": ["output_dir=/x"], "env": [{"name": "PET_NNODES"}], "numProcPerNode": 2}
    for_one = ["tune", "run", "ppo_full_finetune_single_device", "--config", "mistral/7B_full_ppo_low_memory"]
    runtime = runtime_with(node={"command": for_one})

    answer = validate(creation(body("n" * 40, trainer=trainer, runtimePatches=[patch("x", job="y")])), runtime)

    assert [problem.split(": ")[0] for problem in answer.message.split("; spec.")] == [
        "metadata.name",
        "trainer.env",
        "trainer.args[0]",
        "runtimePatches[x]",
        "trainer",
        "runtimePatches[0].manager",
    ]
    assert "TorchTune has no config for PPO of mistral/7B on several devices" in answer.message


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        (
            {"name": "gone"},
            'spec.runtimeRef: ClusterTrainingRuntime "gone" not found: specified clusterTrainingRuntime must be',
        ),
        (
            {"name": "gone", "kind": "TrainingRuntime"},
            'spec.runtimeRef: TrainingRuntime "gone" not found in namespace team-a: specified trainingRuntime must be',
        ),
    ],
)
def test_a_runtime_that_is_missing(ref: Body, message: str) -> None:
    assert created(runtime=None, runtimeRef=ref).message.startswith(message)


def test_a_runtime_that_cannot_be_used() -> None:
    answer = created(runtime=runtime_with(spec={"mlPolicy": {"mpi": {}}}))

    assert (
        "spec.runtimeRef: ClusterTrainingRuntime torchtune-llama3.2-1b cannot be used: spec.mlPolicy.mpi"
        in answer.message
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mine", "the runtime mine does not say which model it is for"),
        ("torchtune-gpt-5b", "TorchTune has no config for the model gpt/5B"),
    ],
)
def test_a_runtime_of_no_model(name: str, message: str) -> None:
    answer = created(runtime=runtime_with(node={"command": None}), runtimeRef={"name": name}, trainer={"command": SDK})

    assert answer.message.startswith(f"spec.runtimeRef.name: must have a supported pretrained model: {message}")


def test_a_source_that_no_container_downloads() -> None:
    runtime = runtime_body(LLAMA)
    [container] = step(runtime, "model-initializer")["template"]["spec"]["template"]["spec"]["containers"]
    container["name"] = "other"

    assert (
        "spec.initializer.model: must have container with name - model-initializer in the model-initializer job"
        in created(runtime=parse_runtime(runtime), initializer={"model": {"storageUri": "hf://a/b"}}).message
    )


@pytest.mark.parametrize(
    ("spec", "ref"),
    [
        ({}, RuntimeRef(name=LLAMA)),
        ({"runtimeRef": {"name": "r", "kind": "TrainingRuntime"}}, RuntimeRef(name="r", kind="TrainingRuntime")),
        ({"runtimeRef": {"name": "r", "kind": "Pod"}}, None),
        ({"runtimeRef": {"name": "r", "apiGroup": "apps"}}, None),
        ({"runtimeRef": {"name": 1}}, None),
        ({"runtimeRef": None}, None),
    ],
)
def test_the_runtime_that_is_wanted(spec: dict[str, Any], ref: RuntimeRef | None) -> None:
    assert runtime_wanted(creation(body(**spec))) == ref


@pytest.mark.parametrize("kind", ["TrainingRuntime", "ClusterTrainingRuntime", "Pod"])
def test_no_runtime_is_wanted_for_other_kinds(kind: str) -> None:
    assert runtime_wanted(creation(body(), kind)) is None
