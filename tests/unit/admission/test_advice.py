"""What is allowed with a warning, and no more than that."""

from typing import Any

import pytest
from tests.factories.objects import LLAMA, SDK, runtime_body, runtime_with
from tests.factories.requests import Body, body, created, creation, patch, updated

from trainjob_operator.admission.review import validate
from trainjob_operator.api.runtime import parse_runtime

NODE = [{"name": "node"}]
OUTPUT = "output_dir=/workspace/output"


def arguments(*words: str) -> Body:
    return {"trainer": {"command": SDK, "args": list(words)}}


def command(*words: str) -> Body:
    return {"trainer": {"command": [*SDK, *words]}}


def deprecated() -> Body:
    runtime = runtime_body(LLAMA)
    runtime["metadata"]["labels"]["trainer.kubeflow.org/support"] = "deprecated"
    return runtime


@pytest.mark.parametrize(
    ("spec", "warning"),
    [
        pytest.param(
            arguments("batch_size=1", "epcohs=3"),
            "spec.trainer.args[1]: config llama3_2/1B_full of full_finetune_distributed has no key epcohs, did you mean"
            " epochs?",
            id="T35",
        ),
        pytest.param(
            arguments(
                "--rdzv_conf", "epcohs=3", "full_finetune_distributed", "epcohs=3", "--config", "llama3_2/1B_full"
            ),
            "spec.trainer.args[3]: config llama3_2/1B_full of full_finetune_distributed has no key epcohs, did you mean"
            " epochs?",
            id="before the config",
        ),
        pytest.param(
            arguments("model.lora_attn_modules=[q_proj]", "model.lora_rnak=8"),
            "spec.trainer.args[1]: config llama3_2/1B_lora of lora_finetune_distributed has no key model.lora_rnak, did"
            " you mean model.lora_rank?",
            id="key of a component",
        ),
        pytest.param(
            {
                "trainer": {
                    "command": [
                        "tune",
                        "run",
                        "full_finetune_distributed",
                        "--config",
                        "llama3_2/1B_full",
                        "epoch=1",
                        OUTPUT,
                    ]
                }
            },
            "spec.trainer.command[5]: config llama3_2/1B_full of full_finetune_distributed has no key epoch, did you"
            " mean epochs?",
            id="whole command",
        ),
        pytest.param(
            arguments("epochs=1", "batch_size=2", "epochs=3"),
            "spec.trainer.args[2] sets epochs once more, after spec.trainer.args[0]: TorchTune takes the last one",
            id="twice",
        ),
        pytest.param(
            command("full_finetune_distribute", "--config", "llama3_2/1B_full", OUTPUT),
            "spec.trainer: TorchTune has no recipe full_finetune_distribute, did you mean full_finetune_distributed?",
            id="recipe",
        ),
        pytest.param(
            command("full_finetune_distributed", "--config", "llama3_2/1B_ful", OUTPUT),
            "spec.trainer: TorchTune has no config llama3_2/1B_ful, did you mean llama3_2/1B_full?",
            id="config",
        ),
        pytest.param(
            command("full_finetune_distributed", "--config", "llama3_2/1B_full", "output_dir=/tmp/out"),
            "spec.trainer: the result goes to output_dir=/tmp/out, which is on no volume that outlives the pod: set"
            " output_dir=/workspace/output",
            id="result on a folder of the pod",
        ),
        pytest.param(
            command("full_finetune_distributed", "--config", "llama3_2/1B_full"),
            "the result goes to output_dir=/tmp/torchtune, which is on no volume",
            id="result where the config has it",
        ),
        pytest.param(
            {"trainer": {"command": SDK, "numProcPerNode": 4}},
            "spec.trainer.numProcPerNode: 4 process(es) train on each node, which has 2 accelerator(s): some processes"
            " will find none; set numProcPerNode and resourcesPerNode to the same number",
            id="more processes than GPUs",
        ),
        pytest.param(
            {"trainer": {"command": SDK, "numProcPerNode": 1}}, "2 accelerator(s): 1 will be idle", id="idle GPU"
        ),
        pytest.param(
            arguments("dataset.new_system_prompt=Answer: x"),
            "spec.trainer.args[0] has a value of dataset.new_system_prompt that YAML reads as a mapping",
            id="prompt",
        ),
        pytest.param(
            {"initializer": {"model": {"env": [{"name": "ACCESS_TOKEN", "value": "hf_x"}]}}},
            "spec.initializer.model.env[ACCESS_TOKEN] is in clear, for everyone to see who may read TrainJobs or pods:"
            " put it into a Secret under the key ACCESS_TOKEN, and name it in spec.initializer.model.secretRef",
            id="token",
        ),
        pytest.param(
            {"initializer": {"dataset": {"env": [{"name": "SECRET_ACCESS_KEY", "value": "hf_x"}]}}},
            "spec.initializer.dataset.env[SECRET_ACCESS_KEY] is in clear",
            id="key",
        ),
        pytest.param(
            {"trainer": {"env": [{"name": "WANDB_API_KEY", "value": "hf_x"}]}},
            "and refer to it by valueFrom.secretKeyRef",
            id="trainer's key",
        ),
        pytest.param(
            {"podTemplateOverrides": [{"targetJobs": NODE}]},
            "spec.podTemplateOverrides is the form of Kubeflow Trainer v2.1, understood here; since v2.2 it is"
            " spec.runtimePatches: [{manager: example.com/me, trainingRuntimeSpec: {template: {spec: {replicatedJobs:"
            " [{name: node, template: {spec: {template: {metadata: ..., spec: ...}}}}]}}}}]",
            id="v2.1",
        ),
        pytest.param(
            {"podSpecOverrides": [{"targetJobs": NODE}]},
            "{name: node, template: {spec: {template: {spec: ...",
            id="v2.0",
        ),
        pytest.param(
            {"labels": {"a": "b"}}, "trainingRuntimeSpec: {template: {metadata: {labels: ...}}}}]", id="labels"
        ),
        pytest.param({"annotations": {"a": "b"}}, "{metadata: {annotations: ...}}", id="annotations"),
    ],
)
def test_warning(spec: dict[str, Any], warning: str) -> None:
    answer = created(**{"trainer": {}, **spec})

    assert answer.allowed
    [only] = answer.warnings
    assert warning in only
    assert "hf_x" not in only


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(arguments("dtype=bf16", "batch_size=1", "epochs=1"), id="keys of the config"),
        pytest.param(
            arguments(
                "loss=torchtune.modules.loss.CEWithChunkedOutputLoss",
                "dataset=torchtune.datasets.instruct_dataset",
                "dataset.source=parquet",
                "dataset.split=train[:95%]",
                "dataset.data_dir=/workspace/dataset/data",
                "dataset.train_on_input=False",
                "dataset.new_system_prompt=You help",
                "dataset.column_map={'input': 'question text', 'output': \"answer's text\"}",
            ),
            id="what the SDK sends",
        ),
        pytest.param(
            arguments(
                "model.lora_attn_modules=[q_proj,v_proj,output_proj]",
                "model.quantize_base=True",
                "model.use_dora=False",
                "model.lora_dropout=0.1",
            ),
            id="LoRA as the SDK sends it",
        ),
        pytest.param(arguments("optimizer=torch.optim.SGD", "optimizer.momentum=0.9"), id="another component"),
        pytest.param(arguments("base=/x", "metric_logger.log_dir=${base}"), id="interpolation"),
        pytest.param({"trainer": {"command": ["python"], "args": ["a: b", "epcohs=3"]}}, id="another program"),
        pytest.param(
            {"trainer": {"env": [{"name": "TOKENIZERS_PARALLELISM", "value": "1"}, {"name": "A_TOKEN", "value": ""}]}},
            id="no secret",
        ),
        pytest.param(
            {"trainer": {"env": [{"name": "A_TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}},
            id="a secret that is none in clear",
        ),
    ],
)
def test_no_warning(spec: dict[str, Any]) -> None:
    assert created(**spec).warnings == ()


def test_a_deprecated_runtime() -> None:
    [warning] = created(runtime=parse_runtime(deprecated()), trainer={}).warnings
    [again] = updated(
        body(suspend=True), body(suspend=True, runtimePatches=[patch()]), parse_runtime(deprecated())
    ).warnings
    [own] = validate(creation(deprecated(), "ClusterTrainingRuntime"), None).warnings

    assert warning == (
        "spec.runtimeRef: ClusterTrainingRuntime torchtune-llama3.2-1b is deprecated and will be removed: choose"
        " another one for new TrainJobs"
    )
    assert again == warning
    assert own == (
        "ClusterTrainingRuntime torchtune-llama3.2-1b is labelled trainer.kubeflow.org/support: deprecated: whoever"
        " uses it is warned"
    )


def test_a_runtime_in_an_older_form() -> None:
    runtime = runtime_body(LLAMA)
    runtime["spec"]["mlPolicy"]["torch"] = {"numProcPerNode": "auto"}

    [warning] = validate(creation(runtime, "ClusterTrainingRuntime"), None).warnings

    assert warning.startswith(
        "spec.mlPolicy.torch.numProcPerNode is the form of Kubeflow Trainer v2.1, understood here"
    )


def test_one_that_is_only_a_namespace_s_own_is_not() -> None:
    runtime = parse_runtime({**deprecated(), "kind": "TrainingRuntime"})

    assert created(runtime=runtime, trainer={}).warnings == ()


def test_a_warning_is_one_printable_line() -> None:
    [warning] = created(**arguments("e\npochs\u2028x=1" + "x" * 1000)).warnings

    assert warning.isprintable()
    assert len(warning) <= 400


def test_a_runtime_s_own_overrides_are_read_as_well() -> None:
    command = ["tune", "run", "full_finetune_distributed", "--config", "llama3_2/1B_full", "epcohs=3"]
    runtime = runtime_with(node={"command": command}).model_dump(mode="json", by_alias=True, exclude_unset=True)

    [warning] = validate(creation(runtime, "ClusterTrainingRuntime"), None).warnings

    assert warning == (
        "spec.template.spec.replicatedJobs[2]: override[0]: config llama3_2/1B_full of full_finetune_distributed has no"
        " key epcohs, did you mean epochs?"
    )
