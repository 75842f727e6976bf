"""What runtimes/README.md says is so."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.factories.objects import runtime_body
from tests.factories.rendering import RUNTIMES, kustomization, one, parse, read
from tests.factories.requests import creation
from tests.factories.terminal import Terminal, job

from trainjob_operator.admission.review import validate
from trainjob_operator.generate.runtimes.blueprint import blueprints
from trainjob_operator.generate.runtimes.speed import ROW_TOKENS
from trainjob_operator.generate.runtimes.table import replace_table

README = (RUNTIMES / "README.md").read_text()
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", README, re.DOTALL | re.MULTILINE)]
SPECS = {
    block["spec"]["runtimeRef"]["name"]: block["spec"] for block in BLOCKS if "runtimeRef" in block.get("spec", {})
}
[RUN_POLICY] = [block["spec"]["runPolicy"] for block in BLOCKS if "runPolicy" in block.get("spec", {})]
FASTER = README.partition("## Faster")[2].partition("\n## ")[0]
SPEED_SETTINGS = re.findall(r"^\| `([^`]+)` \|", FASTER, re.MULTILINE)


def trainer(terminal: Terminal, spec: dict[str, Any], *given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Render a TrainJob, with which nothing may be wrong; give the pod and the container that trains."""
    body = job() | {"spec": spec}
    code, out, err = terminal.plan(body, *given, options=("--output=yaml",))
    assert (code, err) == (0, "")
    pod = one(parse(out), "Job", "j-node-0")["spec"]["template"]["spec"]
    return pod, pod["containers"][0]


def test_the_table_lists_all_runtimes() -> None:
    manifests = [read(file) for file in RUNTIMES.glob("t*.yaml")]

    assert replace_table(README, manifests) == README, "run `make runtimes`"
    assert README.partition("<!-- end -->")[0].count("\n| `torch") == len(manifests)


def test_the_failure_policy_is_one() -> None:
    body = runtime_body()
    body["spec"]["runPolicy"] = RUN_POLICY

    answer = validate(creation(body, "TrainingRuntime"), None)

    assert (answer.allowed, answer.warnings) == (True, ())


def test_amd(terminal: Terminal) -> None:
    _, container = trainer(terminal, SPECS["torchtune-llama3.1-8b"])

    assert container["resources"]["limits"] == {"amd.com/gpu": "2"}
    assert container["image"] == "registry.example/torchtune-rocm:0.6.1"


def test_mig(terminal: Terminal) -> None:
    pod, container = trainer(terminal, SPECS["torchtune-qwen2.5-0.5b"])

    assert container["resources"]["limits"] == {"nvidia.com/mig-3g.40gb": "1"}
    assert pod["nodeSelector"] == {"nvidia.com/mig.config": "all-3g.40gb"}
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_rdma(terminal: Terminal) -> None:
    runtime = read(RUNTIMES / "torchtune-llama3.3-70b.yaml")
    [policy] = runtime["spec"]["template"]["spec"]["volumeClaimPolicies"]
    policy["templates"][0]["spec"]["accessModes"] = ["ReadWriteMany"]

    _, container = trainer(terminal, SPECS["torchtune-llama3.3-70b"], runtime)
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}

    assert container["resources"]["limits"] == {"nvidia.com/gpu": "8", "rdma/hca": "8"}
    assert environment["TRAINJOB_ACCELERATORS_PER_NODE"] == "8"
    assert environment["NCCL_IB_HCA"] == "mlx5"


def test_host_network(tmp_path: Path) -> None:
    [block] = [block for block in BLOCKS if block.get("kind") == "Kustomization"]
    for name in block["resources"]:
        (tmp_path / name).write_text((RUNTIMES / name).read_text())
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(block))

    [runtime] = kustomization(tmp_path)

    node = runtime["spec"]["template"]["spec"]["replicatedJobs"][-1]["template"]["spec"]["template"]["spec"]
    assert runtime["metadata"]["name"] == "torchtune-llama3.3-70b-host"
    assert (node["hostNetwork"], node["dnsPolicy"]) == (True, "ClusterFirstWithHostNet")


@pytest.mark.parametrize("setting", SPEED_SETTINGS)
def test_speed_settings_are_keys_of_the_config(terminal: Terminal, setting: str) -> None:
    spec = {
        "runtimeRef": {"name": "torchtune-llama3.1-8b"},
        "trainer": {"command": ["tune", "run"], "args": setting.split()},
    }

    assert trainer(terminal, spec)[1]["args"] == setting.split()


def test_there_are_as_many_settings_as_rows() -> None:
    assert len(SPEED_SETTINGS) == FASTER.count("\n|") - 2


def test_faster_runtimes_are_listed_with_the_length_of_their_rows() -> None:
    section = README.partition("## Faster runtimes")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    listed = {name: int(tokens) for names, tokens, *_ in rows for name in re.findall("`([^`]+)`", names)}

    assert listed == {one.name: ROW_TOKENS[one.model.name] for one in blueprints() if one.plain is not None}
    # A row on each of two GPUs is a step, and the plain runtime's are as long at that mean length.
    for _, tokens, step, examples, length in rows:
        assert int(step) == 2 * int(tokens) == int(examples.split()[0]) * int(length.split()[0])
    assert {one.accelerators for one in blueprints() if one.plain is not None} == {2}
