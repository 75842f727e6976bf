"""No three whole trainings write one output."""

import pytest
from tests.factories.objects import SDK, Body, rejected, resolved, runtime_with, trainjob

from trainjob_operator.api.conditions import Reason

SINGLE = ["lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device", "output_dir=/workspace/output"]
PPO = ["ppo_full_finetune_single_device", "--config", "mistral/7B_full_ppo_low_memory", "output_dir=/workspace/output"]


@pytest.mark.parametrize(
    "trainer",
    [
        pytest.param({"command": [*SDK, *SINGLE]}, id="a command"),
        pytest.param({"command": SDK, "args": SINGLE[:3]}, id="arguments of tune run"),
        pytest.param({"command": [*SDK, *SINGLE[:3]], "args": SINGLE[3:]}, id="both"),
    ],
)
def test_several_nodes_with_a_recipe_for_one_device(trainer: Body) -> None:
    result = rejected(trainjob(trainer={"numNodes": 3, **trainer}), runtime_with())

    assert result.reason is Reason.INVALID_SPEC
    assert result.message == (
        "spec.trainer.numNodes: 3 nodes would each run the whole training, and write one output:"
        " lora_finetune_single_device is for one device; name the recipe lora_finetune_distributed, or set numNodes to"
        " 1"
    )


def test_nodes_of_the_runtime_are_told_of_as_such() -> None:
    runtime = runtime_with(spec={"mlPolicy": {"numNodes": 2, "torch": {}}})

    message = rejected(trainjob(trainer={"command": [*SDK, *PPO]}), runtime).message

    assert message.startswith("spec.runtimeRef: 2 nodes would each run the whole training")
    assert message.endswith("; set numNodes to 1")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            [*SDK, *SINGLE[:3], "output_dir=/workspace/$(JOB_COMPLETION_INDEX)"], id="an output for each node"
        ),
        pytest.param(["tune", "run", "eleuther_eval", "--config", "eleuther_evaluation"], id="no training"),
        pytest.param([*SDK, "/workspace/full_finetune_single_device.py", "--config", "x.yaml"], id="one's own recipe"),
        pytest.param(
            [*SDK, "--rdzv_endpoint=a:1", "lora_finetune_distributed", "--config", "llama3_2/1B_lora"],
            id="one for several",
        ),
        pytest.param(["sh", "-c", "tune run lora_finetune_single_device --config x"], id="a script"),
    ],
)
def test_what_may_run_on_several_nodes(command: list[str]) -> None:
    assert resolved(trainjob(trainer={"numNodes": 3, "command": command})).name == "j"


@pytest.mark.parametrize("nodes", [0, 1])
def test_one_node_and_none(nodes: int) -> None:
    assert resolved(trainjob(trainer={"numNodes": nodes, "command": [*SDK, *SINGLE]})).name == "j"
