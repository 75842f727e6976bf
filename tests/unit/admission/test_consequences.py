"""What a trainer will do that is hardly meant, and what is no reason for a warning."""

import pytest
from tests.factories.objects import LLAMA, SDK, SMOLLM, Body, gpus, runtime_body, runtime_with, step
from tests.factories.requests import created

from trainjob_operator.api.runtime import Runtime, parse_runtime

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


def with_volumes(output: str, *volumes: Body, mounts: list[Body] | None = None) -> Runtime:
    """Give a runtime whose trainer has these volumes and no claim, mounted below / by their names."""
    body = runtime_body(LLAMA)
    body["spec"]["template"]["spec"]["volumeClaimPolicies"] = []
    pod = step(body, "node")["template"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    container["command"] = [*SDK, *DISTRIBUTED[:3], f"output_dir={output}"]
    container["volumeMounts"] = mounts or [{"name": one["name"], "mountPath": f"/{one['name']}"} for one in volumes]
    pod["volumes"] = list(volumes)
    return parse_runtime(body)


PROJECTED = {"name": "x", "projected": {"sources": []}}
CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "c"}}
READ_ONLY = {"name": "base", "persistentVolumeClaim": {"claimName": "c", "readOnly": True}}
NFS = {"name": "share", "nfs": {"server": "s", "path": "/"}}


@pytest.mark.parametrize(
    ("runtime", "advice"),
    [
        pytest.param(with_volumes("/elsewhere/o", PROJECTED, CLAIM), "set output_dir=/data/output", id="a claim"),
        pytest.param(with_volumes("/x/o", PROJECTED, READ_ONLY, NFS), "set output_dir=/share/output", id="a share"),
        pytest.param(with_volumes("/base/o", READ_ONLY, CLAIM), "set output_dir=/data/output", id="read-only itself"),
        pytest.param(
            with_volumes("/x/o", PROJECTED, {"name": "e", "ephemeral": {}}, {"name": "s", "secret": {}}),
            "the trainer has none that can be written; ask for one by spec.workspace, or name a runtime with a claim",
            id="none",
        ),
        pytest.param(
            with_volumes("/elsewhere/o", CLAIM, mounts=[{"name": "data", "mountPath": "/data", "readOnly": True}]),
            "the trainer has none that can be written",
            id="mounted read-only",
        ),
    ],
)
def test_advice_about_the_result_names_what_can_be_written_and_stays(runtime: Runtime, advice: str) -> None:
    [warning] = warnings({"trainer": {}}, runtime)

    assert advice in warning
    assert "which is on no volume that outlives the pod" in warning


@pytest.mark.parametrize(
    "runtime",
    [
        with_volumes("/share/o", NFS),
        with_volumes("/data/o", {"name": "data", "hostPath": {"path": "/d"}}),
        with_volumes("/data/o", {"name": "data", "csi": {"driver": "d"}}),
        with_volumes("$(OUT)", CLAIM),
    ],
)
def test_no_word_of_a_result_that_stays_or_may(runtime: Runtime) -> None:
    assert warnings({"trainer": {"env": [{"name": "OUT", "valueFrom": {}}]}}, runtime) == ()
