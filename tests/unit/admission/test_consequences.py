"""What a trainer will do that is hardly meant, and what is no reason for a warning."""

import pytest
from tests.factories.objects import LLAMA, SDK, SMOLLM, Body, gpus, runtime_with
from tests.factories.requests import created

from trainjob_operator.api.runtime import Runtime

SINGLE = [*SDK, "lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device", "output_dir=/workspace/o"]
DISTRIBUTED = ["lora_finetune_distributed", "--config", "llama3_2/1B_lora", "output_dir=/workspace/o"]


def warnings(spec: Body, runtime: Runtime | None = None) -> tuple[str, ...]:
    answer = created(runtime=runtime or runtime_with(), **spec)
    assert answer.allowed, answer.message
    return answer.warnings


@pytest.mark.parametrize(
    ("spec", "runtime", "warning"),
    [
        pytest.param(
            {"trainer": {"command": SINGLE, "resourcesPerNode": gpus(4)}},
            LLAMA,
            "spec.trainer: one process trains on each node, which has 4 accelerators, because"
            " lora_finetune_single_device is for one device: 3 will be idle; name the recipe lora_finetune_distributed,"
            " or set resourcesPerNode to one",
            id="a recipe for one device",
        ),
        pytest.param(
            {},
            LLAMA,
            "spec.trainer: one process trains on each node, which has 2 accelerators, because without spec.trainer"
            " torchrun starts no more: 1 will be idle; write `trainer: {}` for one on each, or set resourcesPerNode to"
            " one",
            id="no trainer",
        ),
        pytest.param(
            {"trainer": {"command": [*SDK, "quantize", "--config", "quantization"]}},
            LLAMA,
            "because quantize is for one device: 1 will be idle; set resourcesPerNode to one",
            id="no training",
        ),
    ],
)
def test_accelerators_that_nobody_uses(spec: Body, runtime: str, warning: str) -> None:
    [only] = warnings(spec, runtime_with(name=runtime))

    assert warning in only


@pytest.mark.parametrize(
    ("spec", "node"),
    [
        pytest.param({"trainer": {}}, {}, id="an empty trainer"),
        pytest.param({}, {"resources": gpus(1)}, id="one accelerator"),
        pytest.param({}, {"command": [*SDK, "--nproc_per_node", "2", *DISTRIBUTED]}, id="the command's own processes"),
        pytest.param({}, {"env": [{"name": "PET_NPROC_PER_NODE", "value": "2"}]}, id="the runtime's own environment"),
        pytest.param({}, {"command": ["torchrun", "x.py"]}, id="another program"),
        pytest.param({"trainer": {"command": [*SDK, "mine.py", "--config", "x.yaml"]}}, {}, id="one's own recipe"),
    ],
)
def test_no_word_of_accelerators_that_are_used_or_may_be(spec: Body, node: Body) -> None:
    assert warnings(spec, runtime_with(node=node)) == ()


def test_plain_yaml_uses_all_accelerators_on_a_runtime_for_one() -> None:
    assert warnings({"trainer": {"resourcesPerNode": gpus(4)}}, runtime_with(name=SMOLLM)) == ()
