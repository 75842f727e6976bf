"""What the trainer runs: the cases of Kubeflow Trainer v2.3, and where this operator does better."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.unit.reconciler.objects import (
    LLAMA,
    SDK,
    SMOLLM,
    container_of,
    env_of,
    rejected,
    resolved,
    runtime_with,
    step_of,
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
ENDPOINT = "--rdzv_endpoint=j-node-0-0.j:29500"
LORA = "model.lora_attn_modules=[q_proj,v_proj,output_proj]"
QLORA = "model.quantize_base=True"


def gpus(count: float) -> dict[str, Any]:
    return {"limits": {"nvidia.com/gpu": count}, "requests": {"nvidia.com/gpu": count}}


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


def test_a_trainjob_that_only_names_its_runtime_runs_what_the_runtime_says() -> None:
    container = container_of(resolved(trainjob()))

    assert container.command is not None
    assert container.command[:4] == ("tune", "run", "--rdzv_endpoint=localhost:29500", "full_finetune_distributed")
    assert env_of(container).keys() == {"HOME"}
    assert container.ports is None


@pytest.mark.parametrize(
    ("trainer", "command", "args"),
    [
        pytest.param({"args": ["epochs=2"]}, None, ("epochs=2",), id="arguments alone"),
        pytest.param({"args": []}, None, (), id="no arguments"),
        pytest.param({"command": ["python", "x.py"], "args": ["--a"]}, ("python", "x.py"), ("--a",), id="a command"),
        pytest.param({"command": ["tune", "run", "x"]}, ("tune", "run", "x"), None, id="a whole tune run"),
    ],
)
def test_another_command_is_taken_as_it_is(
    trainer: dict[str, Any], command: tuple[str, ...] | None, args: tuple[str, ...] | None
) -> None:
    container = container_of(resolved(trainjob(trainer={"image": "me:1", **trainer})))

    assert container.command == (command or container_of(resolved(trainjob())).command)
    assert container.args == args
    assert container.image == "me:1"
    assert env_of(container)["PET_MASTER_ADDR"] == "j-node-0-0.j"
    assert env_of(container)["PET_MASTER_PORT"] == "29500"
    assert [port.container_port for port in container.ports or ()] == [29500]


def test_several_nodes_do_not_wait_each_at_its_own_localhost() -> None:
    container = container_of(resolved(trainjob(trainer={"numNodes": 2, "args": ["epochs=1"]})))

    assert ENDPOINT in (container.command or ())


def test_environment_is_replaced_in_place_and_empty_values_stay() -> None:
    env = [{"name": "HOME", "value": "/home"}, {"name": "EMPTY", "value": ""}]

    container = container_of(resolved(trainjob(trainer={"env": env})))

    assert list(env_of(container).items())[:2] == [("HOME", "/home"), ("EMPTY", "")]
    assert env_of(container)["TRAINJOB_ACCELERATORS_PER_NODE"] == "2"


def test_shared_memory_is_a_volume_unless_the_runtime_has_one() -> None:
    mine = {"name": "initializer", "mountPath": "/dev/shm/"}  # noqa: S108 - the path in question
    with_own = runtime_with(node={"volumeMounts": [mine]})

    ours = step_of(resolved(trainjob())).template.spec.template.spec
    theirs = step_of(resolved(trainjob(), with_own)).template.spec.template.spec

    assert {"name": "shared-memory", "emptyDir": {"medium": "Memory"}} in [v.model_dump() for v in ours.volumes or ()]
    assert "shared-memory" not in [volume.name for volume in theirs.volumes or ()]


def test_a_request_of_an_accelerator_alone_means_the_limit_too() -> None:
    container = container_of(resolved(trainjob(trainer={"resourcesPerNode": {"requests": {"nvidia.com/gpu": 1}}})))

    assert container.resources is not None
    assert container.resources.limits == container.resources.requests == {"nvidia.com/gpu": "1"}


def test_a_quantity_that_is_none_is_explained() -> None:
    result = rejected(trainjob(trainer={"resourcesPerNode": {"limits": {"cpu": "many"}}}), runtime_with())

    assert result.reason is Reason.INVALID_SPEC
    assert "'many' is not a quantity" in result.message


@pytest.mark.parametrize(
    ("runtime", "config", "tokenizer"),
    [
        ("torchtune-llama3.2-3b", "llama3_2/3B", ["tokenizer.path=/workspace/model/original/tokenizer.model"]),
        (
            "torchtune-qwen2.5-1.5b",
            "qwen2_5/1.5B",
            ["tokenizer.path=/workspace/model/vocab.json", "tokenizer.merges_file=/workspace/model/merges.txt"],
        ),
    ],
)
def test_the_bundled_runtimes_train_their_models(runtime: str, config: str, tokenizer: list[str]) -> None:
    lora = {"command": SDK, "args": [LORA], "resourcesPerNode": gpus(1)}

    command = container_of(resolved(trainjob(runtime=runtime, trainer=lora))).command or ()

    assert command[2:5] == ("lora_finetune_single_device", "--config", f"{config}_lora_single_device")
    assert [word for word in command if word.startswith("tokenizer.")] == tokenizer


def test_a_program_of_the_users_own_runs_on_torch_distributed() -> None:
    trainer = {"command": ["bash", "-c", "torchrun train.py"], "numNodes": 2, "resourcesPerNode": gpus(4)}

    result = resolved(trainjob(runtime="torch-distributed", trainer=trainer))

    container = container_of(result)
    assert container.command == ("bash", "-c", "torchrun train.py")
    assert env_of(container) | {"PET_NNODES": "2", "PET_NPROC_PER_NODE": "auto"} == env_of(container)
    assert env_of(container)["PET_MASTER_ADDR"] == "j-node-0-0.j"
    assert result.recipe is None
    assert result.claims == ()
