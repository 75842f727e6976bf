"""`make demo` as a user runs it: a real model is downloaded, fine-tuned in the cluster, and answers otherwise then."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cluster.waiting import eventually
from tests.demo import stage
from tests.devcluster import Cluster, registry, torch_environment
from tests.devcluster.cache import ROOT

NAME = "test-demo"
TIMEOUT_S = 1500
LOAD = Path(__file__).with_name("load_checkpoint.py")


@dataclass(frozen=True)
class Show:
    """What the demo printed, and the cluster that it leaves."""

    code: int
    text: str
    cluster: Cluster

    @property
    def output(self) -> Path:
        return stage.result_folder(self.cluster)


@pytest.fixture(scope="module")
def show() -> Iterator[Show]:
    demo = [sys.executable, "-m", "tests.demo", "--name", NAME]
    try:
        done = subprocess.run(
            demo,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        print(done.stdout)
        cluster = Cluster.running(NAME)
        assert cluster is not None, done.stdout
        yield Show(done.returncode, done.stdout, cluster)
    finally:
        subprocess.run([*demo, "--down"], cwd=ROOT, check=True, capture_output=True, timeout=120)
    assert Cluster.running(NAME) is None
    assert registry.left_by(NAME) == []
    [host] = re.findall(r"a local Hub serves model and data set at http://(.+):", done.stdout)
    eventually(lambda: not programs_with(f"--listen={host}:0"))


def programs_with(argument: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            found += [path.parent.name] if argument in path.read_text().split("\0") else []
    return found


def test_it_ends_well(show: Show) -> None:
    assert show.code == 0
    assert "TrainJob Complete=True (AllJobsCompleted)" in show.text


def test_steps_are_shown_as_they_happen(show: Show) -> None:
    happened = [f"{step:<19} {what}" for step in ("model-initializer", "node") for what in ("Running", "Succeeded")]
    positions = [show.text.find(line) for line in happened]

    assert -1 not in positions
    assert positions == sorted(positions)
    assert re.search(r"step +16 +loss", show.text)


def test_the_loss_falls(show: Show) -> None:
    log = (show.output / "logs" / "train.log").read_text()
    losses = [float(loss) for loss in re.findall(r"loss:([0-9.]+)", log)]

    assert len(losses) == 16
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_the_result_loads_in_torchtune_and_transformers(show: Show) -> None:
    [model] = show.output.glob("epoch_*")
    python = torch_environment.ensure() / "bin" / "python"

    loaded = subprocess.run([python, LOAD, model], capture_output=True, text=True, check=False)

    assert loaded.returncode == 0, loaded.stderr
    assert "What it learned" in show.text  # answered by transformers


def test_the_answers_take_the_form_of_the_data(show: Show) -> None:
    table = show.text[show.text.index("What it learned") :]

    before, after = zip(*(row.split("│")[2:4] for row in table.splitlines() if row.count("│") == 4), strict=True)

    for word in ("Name:", "Kind:", "Summary:"):
        assert sum(word in cell for cell in after) >= 2
        assert not any(word in cell for cell in before)


def test_the_configuration_is_folded(show: Show) -> None:
    [count] = re.findall(r"resolved configuration \((\d+) lines\)", show.text)

    assert int(count) > 50
    assert "checkpoint_dir:" not in show.text


def test_a_second_trainjob_finds_model_and_data_where_the_last_lines_send_one(show: Show) -> None:
    [line] = re.findall(r"^ +(sed .+) \| kubectl", show.text, re.MULTILINE)
    second = subprocess.run(shlex.split(line), cwd=ROOT, capture_output=True, text=True, check=True).stdout
    in_namespace = ("--namespace", stage.NAMESPACE)

    show.cluster.kubectl(*in_namespace, "apply", "--filename=-", text=second)
    try:
        jobs = [f"job/second-{kind}-initializer-0" for kind in ("dataset", "model")]
        show.cluster.kubectl(*in_namespace, "wait", "--for=create", *jobs, "--timeout=60s")
        show.cluster.kubectl(*in_namespace, "wait", "--for=condition=Complete", *jobs, "--timeout=120s")
    finally:
        show.cluster.kubectl(*in_namespace, "delete", "trainjob", "second")


def test_every_pod_ran_under_pod_security_restricted(show: Show) -> None:
    for namespace in (stage.NAMESPACE, stage.OPERATOR_NAMESPACE):
        labels = show.cluster.kubectl("get", "namespace", namespace, "--output=jsonpath={.metadata.labels}")
        assert '"pod-security.kubernetes.io/enforce":"restricted"' in labels


def test_trainer_asked_for_a_gpu(show: Show) -> None:
    limits = show.cluster.kubectl(
        *("--namespace", stage.NAMESPACE, "get", "job", f"{stage.TRAINJOB}-node-0"),
        "--output=jsonpath={.spec.template.spec.containers[0].resources.limits}",
    )
    assert limits == '{"nvidia.com/gpu":"1"}'
