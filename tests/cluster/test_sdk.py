"""Kubeflow's Python SDK 0.5.0, unmodified, with the rights of an ordinary user: it does not notice who serves it."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.installation import installed
from tests.cluster.kube import Body, Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.stub import container_of
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, torch_environment
from tests.sdk import environment
from tests.sdk.account import make_account, remove_account
from tests.sdk.expectations import EXPECTED
from tests.sdk.runtimes import NAMES, bundled_runtimes, surroundings, torch_volume

STEPS = ["dataset-initializer", "model-initializer", "node-0"]


@dataclass(frozen=True, slots=True)
class User:
    """A user of the SDK in a namespace."""

    namespace: str
    kubeconfig: Path

    def run(self, script: str, *arguments: str) -> Any:  # noqa: ANN401 - what the script's JSON says
        return environment.run_script(script, *arguments, kubeconfig=self.kubeconfig)


@pytest.fixture(scope="module")
def user(
    cluster: Cluster, kube: Kube, namespaces: Namespaces, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[User]:
    """A user of a cluster into which Helm has installed the operator, with the bundled runtimes."""
    with installed(cluster):
        namespace = namespaces.make()
        objects = [*bundled_runtimes(), *surroundings(namespace, cluster.spec.node_names(), torch_environment.ensure())]
        apply = ("apply", "--server-side", "--force-conflicts", "--filename=-")
        cluster.kubectl(*apply, text="\n---\n".join(map(json.dumps, objects)))
        yield User(namespace, make_account(kube, namespace, tmp_path_factory.mktemp("sdk")))
        remove_account(kube, namespace)
    cluster.kubectl("delete", "persistentvolume", torch_volume(namespace), "--wait=false")


@dataclass(frozen=True, slots=True)
class Guide:
    """What the guide's steps said, and the Jobs that there were then."""

    trained: Body
    seen: Body
    warnings: list[str]
    jobs: dict[str, Body]


@pytest.fixture(scope="module")
def guide(kube: Kube, user: User) -> Guide:
    """All variants, run to their end."""
    train, look = user.run("guide", "train"), user.run("guide", "look")
    warnings = [*train["warnings"], *look["warnings"]]
    jobs = {job["metadata"]["name"]: job for job in kube.list("Job", user.namespace)}
    return Guide(train["answer"], look["answer"], warnings, jobs)


@pytest.fixture(scope="module")
def watched(user: User, guide: Guide) -> Iterator[dict[str, Future[Any]]]:
    """TrainJobs that are watched while they run, all at the same time, after those of the guide."""
    assert guide.jobs
    with ThreadPoolExecutor() as threads:
        seen = {what: threads.submit(user.run, "lifecycle", what) for what in ("follow", "fail", "suspend")}
        yield seen | {"custom": threads.submit(user.run, "custom")}


def test_the_sdk_warns_of_nothing(guide: Guide) -> None:
    assert guide.warnings == []


def test_runtimes_are_listed_and_read(guide: Guide) -> None:
    runtimes = {runtime["name"]: runtime for runtime in guide.trained["runtimes"]}
    tunes = {"framework": "torchtune", "type": "BuiltinTrainer", "device": "gpu", "device_count": "2.0"}  # its own way
    torch = {"framework": "torch", "type": "CustomTrainer", "device": "Unknown", "device_count": "Unknown"}
    assert {name: runtimes[name] for name in NAMES} == {
        name: {"name": name, "kind": "ClusterTrainingRuntime", "num_nodes": 1}
        | (torch if name == "torch-distributed" else tunes)
        for name in NAMES
    }
    assert guide.trained["runtime"] == runtimes["torchtune-qwen2.5-1.5b"]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_variant_runs_as_it_was_meant(guide: Guide, name: str) -> None:
    expected, job = EXPECTED[name], guide.seen["jobs"][name]
    spec = guide.jobs[f"{name}-node-0"]["spec"]
    [container] = spec["template"]["spec"]["containers"]
    assert container["command"] == expected.command(name)
    assert container.get("args", []) == list(expected.args)
    assert container["resources"]["limits"]["nvidia.com/gpu"] == str(expected.gpus)
    assert (spec["parallelism"], job["num_nodes"]) == (expected.nodes, expected.nodes)

    assert job["status"] == "Complete"
    nodes = [f"node-{number}" for number in range(expected.nodes)]
    assert sorted(job["steps"]) == ["dataset-initializer", "model-initializer", *nodes]
    for node in nodes:
        assert job["steps"][node] == ["Succeeded", "gpu", str(expected.gpus)]
        said = [f"argument: {word}" for word in (*expected.command(name)[1:], *expected.args)]
        assert job["logs"][node] == [*said, "tune: step 1"]


def test_a_trainjob_without_a_trainer_runs_what_the_runtime_says(guide: Guide) -> None:
    [runtime] = [body for body in bundled_runtimes() if body["metadata"]["name"] == "torchtune-llama3.2-1b"]
    for name in ("runtime-alone", guide.trained["unnamed"]):
        [container] = guide.jobs[f"{name}-node-0"]["spec"]["template"]["spec"]["containers"]
        assert container["command"] == container_of(runtime, "node")["command"]
        assert guide.seen["jobs"][name]["status"] == "Complete"


def test_initializers_get_what_the_user_gave(guide: Guide) -> None:
    [dataset] = guide.jobs["s3-dataset-initializer-0"]["spec"]["template"]["spec"]["containers"]
    [model] = guide.jobs["dataset-file-model-initializer-0"]["spec"]["template"]["spec"]["containers"]
    env = {entry["name"]: entry["value"] for entry in (*dataset["env"], *model["env"]) if "value" in entry}
    assert env == {
        "HOME": "/workspace/.home",
        "STORAGE_URI": "hf://meta-llama/Llama-3.2-1B-Instruct",
        "REGION": "us-east-1",
        "IGNORE_PATTERNS": "*.msgpack,*.h5,*.bin,*.pt,*.pth",
        "ACCESS_TOKEN": "made-up",
    }
    assert {"name": "STORAGE_URI", "value": "s3://data/alpaca"} in dataset["env"]
    assert {"name": "IGNORE_PATTERNS", "value": "*.md"} in dataset["env"]


def test_options_reach_the_trainjob_and_its_pods(kube: Kube, user: User, guide: Guide) -> None:
    trainjob = kube.get("TrainJob", user.namespace, "options")
    assert trainjob["metadata"]["labels"] == {"app.kubernetes.io/instance": "argo", "team": "a"}
    assert trainjob["metadata"]["annotations"] == {"example.com/why": "an experiment"}
    assert trainjob["spec"]["activeDeadlineSeconds"] == 3600

    template = guide.jobs["options-node-0"]["spec"]["template"]
    assert template["metadata"]["labels"]["team"] == "a"
    assert template["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert template["metadata"]["annotations"]["example.com/note"] == "patched"
    assert {"name": "scratch", "mountPath": "/scratch"} in template["spec"]["containers"][0]["volumeMounts"]


def test_jobs_are_listed_by_runtime(guide: Guide) -> None:
    assert guide.seen["of-qwen"] == ["qwen"]
    assert guide.seen["jobs"].keys() == {*guide.trained["names"], guide.trained["unnamed"]}


def test_t30_logs_are_followed_from_the_submission_on_and_events_seen(watched: dict[str, Future[Any]]) -> None:
    seen = watched["follow"].result()

    assert seen["statuses"] == ["Created", "Running", "Complete"]
    assert seen["followed"].keys() == set(STEPS)
    for step, followed in seen["followed"].items():
        assert followed["status"] == ("Running" if step == "node-0" else "Created")
        assert followed["lines"] == seen["after"][step]
        assert [line for line in followed["lines"] if "step 5" in line]
    told = {(kind, reason) for kind, _, reason, _ in seen["events"]}
    assert told >= {("TrainJob", "AllJobsCompleted"), ("Pod", "Started")}
    pods = {name.rpartition("-")[0] for kind, name, _, _ in seen["events"] if kind == "Pod"}
    assert pods == {f"followed-{step}-0-0" for step in ("dataset-initializer", "model-initializer", "node")}


def test_a_failure_reads_as_failed(watched: dict[str, Future[Any]]) -> None:
    seen = watched["fail"].result()

    assert seen["error"] == "TrainJob failing is Failed"
    assert seen["status"] == "Failed"
    assert seen["log"][-1] == "RuntimeError: the loss is not a number"
    [message] = [message for kind, _, reason, message in seen["events"] if (kind, reason) == ("TrainJob", "FailedJobs")]
    assert message.startswith("Job failing-node-0 failed: container node of pod failing-node-0-0-")
    assert message.endswith("ended with exit code 1: RuntimeError: the loss is not a number")


def test_a_trainjob_is_suspended_and_resumed_by_a_patch(watched: dict[str, Future[Any]]) -> None:
    seen = watched["suspend"].result()

    assert seen["statuses"] == ["Running", "Created", "Running", "Complete"]
    assert seen["while-suspended"] == {"dataset-initializer": "Succeeded", "model-initializer": "Succeeded"}
    assert seen["log"][-6:] == [f"tune: step {number}" for number in range(1, 7)]


def test_a_function_of_the_users_own_runs_on_two_nodes(watched: dict[str, Future[Any]]) -> None:
    seen = watched["custom"].result()

    assert seen["statuses"][-1] == "Complete"
    assert set(seen["statuses"]) <= {"Created", "Running", "Complete"}
    assert (seen["num_nodes"], seen["steps"]) == (2, ["node-0", "node-1"])
    for rank in range(2):
        assert f"rank {rank} of 2 on a CPU: 1.5" in seen["logs"][f"node-{rank}"]


def test_trainjobs_are_deleted_with_all_that_was_made_for_them(
    kube: Kube, user: User, watched: dict[str, Future[Any]]
) -> None:
    assert [seen.result() for seen in watched.values()]
    assert user.run("guide", "delete")["answer"] == []
    eventually(lambda: kube.list("Job", user.namespace) == kube.list("Pod", user.namespace) == [])
