"""What the trainer runs: the cases of Kubeflow Trainer v2.3, and where this operator does better."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.factories.objects import (
    ENDPOINT,
    LLAMA,
    LORA,
    SDK,
    SMOLLM,
    container_of,
    env_of,
    gpus,
    rejected,
    resolved,
    runtime_with,
    trainjob,
)

from trainjob_operator.api.conditions import Reason

KEPT = [
    "dataset=torchtune.datasets.instruct_dataset",
    "dataset.source=parquet",
    "dataset.data_dir=/workspace/dataset/data",
    "output_dir=/workspace/output",
    "tokenizer.path=/workspace/model/original/tokenizer.model",
    "checkpointer.checkpoint_dir=/workspace/model",
]
QLORA = "model.quantize_base=True"


@dataclass(frozen=True)
class Case:
    name: str
    trainer: dict[str, Any]
    command: list[str]
    processes: str = "auto"
    limits: dict[str, str] = field(default_factory=lambda: {"nvidia.com/gpu": "2"})
    runtime: str = LLAMA


BARE = [
    Case("nothing else", {}, [ENDPOINT, "full_finetune_distributed", "--config", "llama3_2/1B_full", *KEPT]),
    Case(
        "one GPU",
        {"resourcesPerNode": gpus(1.0), "args": ["batch_size=4"]},
        ["full_finetune_single_device", "--config", "llama3_2/1B_full_single_device", *KEPT],
        limits={"nvidia.com/gpu": "1"},
    ),
    Case(
        "two GPUs and one process",
        {"resourcesPerNode": gpus(2), "numProcPerNode": 1},
        ["full_finetune_single_device", "--config", "llama3_2/1B_full_single_device", *KEPT],
        processes="1",
    ),
    Case(
        "one GPU and two processes have an endpoint that the recipe understands",
        {"resourcesPerNode": gpus(1), "numProcPerNode": 2},
        [ENDPOINT, "full_finetune_distributed", "--config", "llama3_2/1B_full", *KEPT],
        processes="2",
        limits={"nvidia.com/gpu": "1"},
    ),
    Case(
        "memory alone leaves the GPUs and the recipe for them",
        {"resourcesPerNode": {"limits": {"memory": "64Gi", "cpu": 8}}},
        [ENDPOINT, "full_finetune_distributed", "--config", "llama3_2/1B_full", *KEPT],
        limits={"nvidia.com/gpu": "2", "memory": "64Gi", "cpu": "8"},
    ),
    Case(
        "LoRA on one GPU",
        {"resourcesPerNode": gpus(1), "args": [LORA]},
        ["lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device", *KEPT],
        limits={"nvidia.com/gpu": "1"},
    ),
    Case(
        "LoRA on two GPUs",
        {"args": [LORA]},
        [ENDPOINT, "lora_finetune_distributed", "--config", "llama3_2/1B_lora", *KEPT],
    ),
    Case(
        "QLoRA, in lower case",
        {"resourcesPerNode": gpus(1), "args": ["model.quantize_base=true"]},
        ["lora_finetune_single_device", "--config", "llama3_2/1B_qlora_single_device", *KEPT],
        limits={"nvidia.com/gpu": "1"},
    ),
    Case(
        "QLoRA on two GPUs, which has no config of its own",
        {"args": [QLORA]},
        [ENDPOINT, "lora_finetune_distributed", "--config", "llama3_2/1B_lora", *KEPT],
    ),
    Case(
        "DoRA is LoRA",
        {"resourcesPerNode": gpus(1), "args": ["model.use_dora=True", QLORA, LORA]},
        ["lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device", *KEPT],
        limits={"nvidia.com/gpu": "1"},
    ),
    Case(
        "LoRA on two nodes",
        {"numNodes": 2, "args": [LORA]},
        [ENDPOINT, "lora_finetune_distributed", "--config", "llama3_2/1B_lora", *KEPT],
    ),
    Case(
        "no node",
        {"numNodes": 0},
        [ENDPOINT, "full_finetune_distributed", "--config", "llama3_2/1B_full", *KEPT],
    ),
    Case(
        "another data set component takes the runtime's arguments for its own away, not where the data lies",
        {"args": ["dataset=torchtune.datasets.alpaca_dataset"]},
        [
            *(ENDPOINT, "full_finetune_distributed", "--config", "llama3_2/1B_full"),
            *("dataset.source=parquet", "dataset.data_dir=/workspace/dataset/data"),
            *KEPT[3:],
        ],
    ),
    Case(
        "a single data file takes the place of the folder",
        {"args": ["dataset.data_files=/workspace/dataset/a.parquet"]},
        [ENDPOINT, "full_finetune_distributed", "--config", "llama3_2/1B_full", *KEPT[:2], *KEPT[3:]],
    ),
    Case(
        "a MIG slice takes the place of the GPUs",
        {"resourcesPerNode": {"limits": {"nvidia.com/mig-1g.5gb": 1}}},
        ["full_finetune_single_device", "--config", "llama3_2/1B_full_single_device", *KEPT],
        limits={"nvidia.com/mig-1g.5gb": "1"},
    ),
    Case(
        "no GPU and four CPUs",
        {"resourcesPerNode": {"limits": {"nvidia.com/gpu": 0, "cpu": "3500m"}}},
        [ENDPOINT, "full_finetune_distributed", "--config", "llama3_2/1B_full", *KEPT],
        processes="4",
        limits={"nvidia.com/gpu": "0", "cpu": "3500m"},
    ),
    Case(
        "no GPU and no CPU named",
        {"resourcesPerNode": {"limits": {"nvidia.com/gpu": 0}}},
        ["full_finetune_single_device", "--config", "llama3_2/1B_full_single_device", *KEPT],
        processes="1",
        limits={"nvidia.com/gpu": "0"},
    ),
]


@pytest.mark.parametrize("case", BARE, ids=lambda case: case.name)
def test_a_bare_tune_run_is_completed(case: Case) -> None:
    result = resolved(trainjob(trainer={"command": SDK, **case.trainer}))
    container = container_of(result)

    assert list(container.command or ()) == [*SDK, *case.command]
    assert list(container.args or ()) == case.trainer.get("args", [])
    assert env_of(container)["PET_NPROC_PER_NODE"] == case.processes
    assert env_of(container)["PET_NNODES"] == str(case.trainer.get("numNodes", 1))
    assert "PET_MASTER_ADDR" not in env_of(container)
    assert container.resources is not None
    assert container.resources.limits == case.limits


def test_t09_a_runtime_that_is_lora_stays_lora() -> None:
    command = container_of(resolved(trainjob(runtime=SMOLLM, trainer={"command": SDK}))).command or ()

    assert command[2:5] == ("lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device")
    assert "model.lora_rank=16" in command
    assert "optimizer.lr=1e-3" in command


def test_t10_more_memory_leaves_all_gpus_of_the_runtime_training() -> None:
    runtime = runtime_with(node={"resources": gpus(4)})
    memory = {"limits": {"memory": "64Gi", "cpu": 8}}

    container = container_of(resolved(trainjob(trainer={"command": SDK, "resourcesPerNode": memory}), runtime))

    assert "full_finetune_distributed" in (container.command or ())
    assert env_of(container)["PET_NPROC_PER_NODE"] == "auto"
    assert env_of(container)["TRAINJOB_ACCELERATORS_PER_NODE"] == "4"


def test_t12_a_command_is_one_argument_a_word_and_single_device_recipes_meet_nowhere() -> None:
    trainer = {"command": SDK, "numProcPerNode": 1}

    command = container_of(resolved(trainjob(trainer=trainer))).command or ()

    assert command[2:5] == ("full_finetune_single_device", "--config", "llama3_2/1B_full_single_device")
    assert not any("rdzv" in word for word in command)


def test_adapters_on_a_runtime_for_all_weights_take_the_model_along_and_leave_its_optimizer() -> None:
    own = ["tune", "run", "full_finetune_single_device", "--config", "llama3_2/1B_full_single_device"]
    own += ["model=torchtune.models.llama3_2.llama3_2", "model.num_layers=2", "optimizer.lr=1", "optimizer_in_bwd=True"]
    runtime = runtime_with(node={"command": own, "resources": gpus(1)})

    command = container_of(resolved(trainjob(trainer={"command": SDK, "args": [LORA]}), runtime)).command or ()

    assert command[2:] == (
        *("lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device"),
        *("model=torchtune.models.llama3_2.lora_llama3_2", "model.num_layers=2"),
    )


@pytest.mark.parametrize(
    ("own", "trainer", "expected"),
    [
        pytest.param(
            ["lora_dpo_single_device", "--config", "llama3_1/8B_lora_dpo_single_device", "loss.beta=0.2"],
            {"args": [LORA]},
            [ENDPOINT, "lora_dpo_distributed", "--config", "llama3_1/8B_lora_dpo", "loss.beta=0.2"],
            id="DPO on several devices",
        ),
        pytest.param(
            ["--max_restarts=0", "/workspace/dataset/mine.py", "--config", "/workspace/dataset/mine.yaml", "a=1"],
            {"args": ["b=2"]},
            ["--max_restarts=0", "/workspace/dataset/mine.py", "--config", "/workspace/dataset/mine.yaml", "a=1"],
            id="a recipe of the user's own",
        ),
    ],
)
def test_other_recipes_of_a_runtime_stay(own: list[str], trainer: dict[str, Any], expected: list[str]) -> None:
    runtime = runtime_with(node={"command": [*SDK, *own]})

    command = container_of(resolved(trainjob(trainer={"command": SDK, **trainer}), runtime)).command or ()

    assert list(command) == [*SDK, *expected]


def test_a_runtime_without_a_command_is_read_by_its_name() -> None:
    runtime = runtime_with(node={"command": None})

    command = container_of(resolved(trainjob(trainer={"command": SDK}), runtime)).command

    assert command == (*SDK, ENDPOINT, "full_finetune_distributed", "--config", "llama3_2/1B_full")


@pytest.mark.parametrize(
    ("runtime", "message"),
    [
        pytest.param("mine", "the runtime mine does not say which model it is for", id="a name that says nothing"),
        pytest.param(
            "torchtune-gpt-5b", "TorchTune has no config for the model gpt/5B", id="a model that is not there"
        ),
    ],
)
def test_a_model_that_cannot_be_found_out_is_asked_for(runtime: str, message: str) -> None:
    result = rejected(trainjob(runtime=runtime, trainer={"command": SDK}), runtime_with(node={"command": None}))

    assert result.reason is Reason.INVALID_SPEC
    assert message in result.message
