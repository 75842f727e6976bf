"""Trainers on real nodes that fail, or are taken away: all of them start anew, and nothing is downloaded again."""

import json
from collections.abc import Callable, Sequence

import pytest
from tests.cluster.kube import Body, Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.replicas import Replicas
from tests.cluster.stub import pod_of, restart_trainers, stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, await_condition, restarts_of
from tests.cluster.waiting import eventually

NAME = "tiny"
ATTEMPT = "jobset.sigs.k8s.io/restart-attempt"
# The second fails once the first runs in the same attempt; the first ends when it is asked to.
SECOND_FAILS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
begun = "/workspace/begun-" + os.environ["ATTEMPT"]
if os.environ["JOB_COMPLETION_INDEX"] == "0":
    open(begun, "x")
    time.sleep(600)
while not os.path.exists(begun):
    time.sleep(0.2)
sys.exit(3)
"""
# Ends when a file is there for its attempt, and not when it is asked to: the operator has all the time to look.
HOLDS_ON = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: None)
while not os.path.exists("/workspace/end-" + os.environ["ATTEMPT"]):
    time.sleep(0.2)
sys.exit(143 if os.environ["ATTEMPT"] != "2" else 0)
"""


@pytest.fixture(scope="module")
def rooms(namespaces: Namespaces, replicas_of: Callable[[Sequence[str]], Replicas]) -> list[str]:
    """Namespaces that one operator serves, for a test each."""
    made = [namespaces.make() for _ in range(2)]
    replicas_of(made).start("only", certificates="none", status_delay="0.1")
    return made


@pytest.fixture
def room(rooms: list[str]) -> str:
    return rooms.pop()


def start(kube: Kube, room: str, script: str, max_restarts: int, nodes: int = 1) -> None:
    runtime = restart_trainers(stub_runtime(room, node=script), max_restarts)
    pod_of(runtime, "node")["terminationGracePeriodSeconds"] = 300
    kube.create(runtime)
    kube.create(trainjob(room, NAME, trainer={"numNodes": nodes}))


def attempts(kube: Kube, room: str) -> dict[str, str]:
    """Give the attempt that each Job is of, by its name."""
    return {job["metadata"]["name"]: job["metadata"]["labels"][ATTEMPT] for job in kube.list("Job", room)}


def told(kube: Kube, room: str) -> list[str]:
    """Give what Events tell of restarts."""
    return [event["message"] for event in kube.list("Event", room) if event["reason"] == "TrainJobRestarted"]


def test_t19_all_trainers_start_anew_when_one_has_failed_until_no_restart_is_left(kube: Kube, room: str) -> None:
    start(kube, room, SECOND_FAILS, max_restarts=1, nodes=2)

    failed = await_condition(kube, room, NAME, "Failed")

    assert failed["reason"] == "ReachedMaxRestarts"
    begin = "the trainers were restarted as often as the runtime allows (maxRestarts: 1); the last failure: Job"
    assert failed["message"].startswith(f"{begin} {NAME}-node-0 failed: container node of pod {NAME}-node-0-1-")
    assert "ended with exit code 3" in failed["message"]
    job = kube.get("TrainJob", room, NAME)
    assert restarts_of(job) == (1, 1)
    assert (job["status"]["failure"]["exitCode"], job["status"]["lastFailure"]["action"]) == (3, "FailTrainJob")
    assert job["status"]["failure"]["pod"] != job["status"]["lastFailure"]["pod"]
    assert attempts(kube, room) == {
        f"{NAME}-dataset-initializer-0": "0",
        f"{NAME}-model-initializer-0": "0",
        f"{NAME}-node-0": "1",
    }
    [message] = told(kube, room)
    assert message.startswith(f"all trainers restart (1 of 1): Job {NAME}-node-0 failed: container node of pod")


def test_t19_what_is_drained_or_deleted_starts_anew_without_counting(kube: Kube, room: str) -> None:
    start(kube, room, HOLDS_ON, max_restarts=0)
    drained = await_trainer(kube, room, "0")
    evict(kube, room, drained)
    eventually(lambda: restarts_of(kube.get("TrainJob", room, NAME)) == (1, 0))
    eventually(lambda: f"{NAME}-node-0" not in attempts(kube, room))
    [pod] = kube.list("Pod", room, labelSelector="jobset.sigs.k8s.io/replicatedjob-name=node")
    assert pod["metadata"]["uid"] == drained["metadata"]["uid"], "the next one waits until it has ended"
    end(kube, room, drained)

    deleted = await_trainer(kube, room, "1")
    kube.delete("Pod", room, deleted["metadata"]["name"])
    eventually(lambda: restarts_of(kube.get("TrainJob", room, NAME)) == (2, 0))
    end(kube, room, deleted)

    end(kube, room, await_trainer(kube, room, "2"))
    await_complete(kube, room, NAME)
    job = kube.get("TrainJob", room, NAME)
    assert restarts_of(job) == (2, 0)
    assert job["status"]["failure"]["reason"] == "EvictionByEvictionAPI"
    assert job["status"]["lastFailure"]["reason"] == "Deleted"
    assert attempts(kube, room)[f"{NAME}-model-initializer-0"] == "0"
    assert [message.partition(": ")[0] for message in told(kube, room)] == [
        "all trainers restart, which does not count"
    ] * 2


def await_trainer(kube: Kube, room: str, attempt: str) -> Body:
    """Wait until the trainer's pod of an attempt runs, and return it."""
    labels = f"jobset.sigs.k8s.io/replicatedjob-name=node,{ATTEMPT}={attempt}"
    pods = eventually(
        lambda: [pod for pod in kube.list("Pod", room, labelSelector=labels) if pod["status"]["phase"] == "Running"]
    )
    [pod] = pods
    return pod


def evict(kube: Kube, room: str, pod: Body) -> None:
    """Have a pod go as a drain does."""
    name = pod["metadata"]["name"]
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": room}}
    path = f"/api/v1/namespaces/{room}/pods/{name}/eviction"
    kube.cluster.kubectl("create", f"--raw={path}", "--filename=-", text=json.dumps(body))


def end(kube: Kube, room: str, pod: Body) -> None:
    """Let a trainer end."""
    name, attempt = pod["metadata"]["name"], pod["metadata"]["labels"][ATTEMPT]
    kube.cluster.kubectl("exec", name, f"--namespace={room}", "--", "touch", f"/workspace/end-{attempt}")
