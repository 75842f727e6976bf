"""Plain YAML, without `command: [tune, run]`: the SDK's choice where the runtime's recipe cannot do what is asked."""

from typing import Any

import pytest
from tests.factories.objects import (
    ENDPOINT,
    LLAMA,
    LORA,
    SDK,
    SMOLLM,
    Body,
    container_of,
    env_of,
    gpus,
    rejected,
    resolved,
    runtime_with,
    trainjob,
)

ONE_GPU = {"limits": {"nvidia.com/gpu": 1}}
FULL = ["full_finetune_single_device", "--config", "llama3_2/1B_full_single_device"]


def command_of(trainer: Body | None, runtime: str = SMOLLM, **node: Any) -> list[str]:  # noqa: ANN401 - of a container
    job = trainjob(runtime=runtime, trainer=trainer)
    return list(container_of(resolved(job, runtime_with(name=runtime, node=node))).command or ())


@pytest.mark.parametrize(
    "trainer",
    [
        pytest.param({"numNodes": 3}, id="nodes"),
        pytest.param({"resourcesPerNode": {"limits": {"nvidia.com/gpu": 4}}}, id="GPUs"),
        pytest.param({"numProcPerNode": 2}, id="processes"),
        pytest.param({"numNodes": 2, "args": ["epochs=2", "optimizer.lr=1e-4"]}, id="nodes and arguments"),
        pytest.param({"numNodes": 2, "resourcesPerNode": {"limits": {"amd.com/gpu": 8}}}, id="other GPUs"),
    ],
)
def test_plain_yaml_trains_as_the_sdk_does(trainer: Body) -> None:
    job = resolved(trainjob(runtime=SMOLLM, trainer=trainer))
    sdk = resolved(trainjob(runtime=SMOLLM, trainer={"command": SDK, **trainer}))

    command = list(container_of(job).command or ())
    assert command[2:6] == [ENDPOINT, "lora_finetune_distributed", "--config", "llama3_2/1B_lora"]
    assert command == list(container_of(sdk).command or ())
    assert list(container_of(job).args or ()) == trainer.get("args", [])
    assert job.recipe == sdk.recipe


@pytest.mark.parametrize(
    "runtime",
    [
        *("torchtune-llama2-7b-lora-dpo", "torchtune-llama3.2-1b-kd", "torchtune-qwen2-0.5b"),
        *("torchtune-gemma-2b", "torchtune-phi3-mini", "torchtune-mistral-7b"),
    ],
)
def test_no_runtime_trains_whole_on_each_node(runtime: str) -> None:
    recipe = resolved(trainjob(runtime=runtime, trainer={"numNodes": 3})).recipe

    assert recipe is not None
    assert recipe.recipe.endswith("_distributed")
    assert (recipe.num_nodes, recipe.num_proc_per_node) == (3, "auto")


@pytest.mark.parametrize("trainer", [{"numNodes": 2}, {"resourcesPerNode": gpus(2)}], ids=["nodes", "GPUs"])
def test_what_has_no_recipe_for_several_is_refused_with_what_there_is(trainer: Body) -> None:
    runtime = "torchtune-mistral-7b-ppo"

    message = rejected(trainjob(runtime=runtime, trainer=trainer), runtime_with(name=runtime)).message

    assert message.startswith(
        "spec.trainer: TorchTune has no config for PPO of mistral/7B on several devices; for this model it has:"
    )


@pytest.mark.parametrize("trainer", [None, {}], ids=["no trainer", "an empty one"])
@pytest.mark.parametrize(
    "change", [{"spec": {"mlPolicy": {"numNodes": 3, "torch": {}}}}, {"node": {"resources": gpus(4)}}]
)
def test_a_runtime_that_asks_for_several_is_read_alike(trainer: Body | None, change: Body) -> None:
    job = resolved(trainjob(runtime=SMOLLM, trainer=trainer), runtime_with(name=SMOLLM, **change))

    assert job.recipe is not None
    assert (job.recipe.recipe, job.recipe.num_proc_per_node) == ("lora_finetune_distributed", "auto")
    assert env_of(container_of(job))["PET_NPROC_PER_NODE"] == "auto"


@pytest.mark.parametrize(
    ("args", "runtime", "recipe"),
    [
        ([LORA], LLAMA, [ENDPOINT, "lora_finetune_distributed", "--config", "llama3_2/1B_lora"]),
        (["model.quantize_base=True"], LLAMA, [ENDPOINT, "lora_finetune_distributed", "--config", "llama3_2/1B_lora"]),
        (
            ["model=torchtune.models.qwen2_5.lora_qwen2_5_1_5b_instruct"],
            "torchtune-qwen2.5-1.5b",
            [ENDPOINT, "lora_finetune_distributed", "--config", "qwen2_5/1.5B_lora"],
        ),
        (
            ["model.use_dora=True"],
            "torchtune-llama3.1-8b-dpo",
            [ENDPOINT, "lora_dpo_distributed", "--config", "llama3_1/8B_lora_dpo"],
        ),
    ],
)
def test_arguments_alone_change_the_method(args: list[str], runtime: str, recipe: list[str]) -> None:
    assert command_of({"args": args}, runtime)[2 : 2 + len(recipe)] == recipe


def test_arguments_that_change_the_method_on_one_device_take_a_recipe_for_one() -> None:
    command = command_of({"args": [LORA], "resourcesPerNode": ONE_GPU}, LLAMA)

    assert command[2:5] == ["lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device"]


@pytest.mark.parametrize(
    ("command", "args"),
    [(SDK, FULL), (None, [*SDK, *FULL]), ([*SDK, FULL[0]], FULL[1:])],
    ids=["behind tune run", "all", "the config"],
)
def test_overrides_do_not_take_the_place_of_what_a_runtime_runs_by_its_arguments(
    command: list[str] | None, args: list[str]
) -> None:
    trainer = {"args": ["epochs=2"], "resourcesPerNode": ONE_GPU}

    job = resolved(trainjob(trainer=trainer), runtime_with(node={"command": command, "args": args}))

    assert container_of(job).command == (*SDK, *FULL)
    assert container_of(job).args == ("epochs=2",)


@pytest.mark.parametrize(
    ("trainer", "node"),
    [
        pytest.param({"args": ["epochs=2", "model.lora_rank=8"]}, {}, id="overrides of the method's own"),
        pytest.param({"numNodes": 0}, {}, id="no node"),
        pytest.param({"numProcPerNode": 1}, {"resources": gpus(4)}, id="one process by name"),
        pytest.param({}, {"resources": {"limits": {"cpu": 8}}}, id="CPUs, which one process uses all"),
        pytest.param({"numNodes": 3}, {"command": [*SDK, "mine.py", "--config", "mine.yaml"]}, id="one's own recipe"),
        pytest.param(
            {"resourcesPerNode": gpus(2)}, {"command": [*SDK, "eleuther_eval", "--config", "e"]}, id="no training"
        ),
        pytest.param({"numNodes": 2}, {"command": ["python", "x.py"]}, id="another program"),
    ],
)
def test_a_runtime_s_command_stays(trainer: Body, node: Body) -> None:
    own = node.get("command", list(container_of(resolved(trainjob(runtime=SMOLLM))).command or ()))

    assert command_of(trainer, **node) == own


def test_a_distributed_recipe_stays_on_one_device_as_in_kubeflow_trainer() -> None:
    assert "full_finetune_distributed" in command_of({"resourcesPerNode": ONE_GPU}, LLAMA)


@pytest.mark.parametrize("flag", [["--nproc_per_node=2"], ["--nproc-per-node", "2"]])
def test_what_the_command_itself_says_of_processes_is_told(flag: list[str]) -> None:
    command = [*SDK, *flag, "full_finetune_distributed", "--config", "llama3_2/1B_full"]

    recipe = resolved(trainjob(), runtime_with(node={"command": command})).recipe

    assert recipe is not None
    assert recipe.num_proc_per_node == "2"


@pytest.mark.parametrize("args", [None, [], ["--help"]])
def test_an_empty_command_is_a_value_and_leaves_the_image_s_own_in_force(args: list[str] | None) -> None:
    result = resolved(trainjob(trainer={"command": [], "args": args, "numNodes": 3}))

    assert container_of(result).command == ()
    assert container_of(result).args == (None if args is None else tuple(args))
    assert result.recipe is None
