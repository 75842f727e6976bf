"""A runtime with a step after training, on the same volume: the TrainJob ends with that."""

from collections.abc import Callable, Sequence

import pytest
from tests.cluster.kube import Body, Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.replicas import Replicas
from tests.cluster.stub import add_step, stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, await_condition, conditions_of
from tests.cluster.waiting import eventually

NAME = "tiny"
STEP = "export"
JOB = f"{NAME}-{STEP}-0"
TRAINS = """
import os
os.makedirs("/workspace/output/epoch_0")
open("/workspace/output/epoch_0/model.safetensors", "x").write("trained")
"""
# Ends when a file is there, or when it is asked to.
EXPORTS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
while not os.path.exists("/workspace/finish"):
    time.sleep(0.2)
print(open("/workspace/output/epoch_0/model.safetensors").read())
"""
LAST_WORDS = "ValueError: there is no tokenizer to export"
FAILS = f"import sys; print({LAST_WORDS!r}); sys.exit(3)"


@pytest.fixture(scope="module")
def rooms(namespaces: Namespaces, replicas_of: Callable[[Sequence[str]], Replicas]) -> list[str]:
    """Namespaces that one operator serves, for a test each."""
    made = [namespaces.make() for _ in range(3)]
    replicas_of(made).start("only", certificates="none", status_delay="0.1")
    return made


@pytest.fixture
def room(rooms: list[str]) -> str:
    return rooms.pop()


def start(kube: Kube, room: str, script: str) -> None:
    runtime = stub_runtime(room, node=TRAINS)
    add_step(runtime, STEP, script)
    kube.create(runtime)
    kube.create(trainjob(room, NAME))


def pods_of(kube: Kube, room: str, step: str) -> list[Body]:
    return kube.list("Pod", room, labelSelector=f"jobset.sigs.k8s.io/replicatedjob-name={step}")


def await_export(kube: Kube, room: str) -> Body:
    """Wait until a pod of the further step runs, and return it."""
    running = eventually(lambda: [pod for pod in pods_of(kube, room, STEP) if pod["status"]["phase"] == "Running"])
    [pod] = [pod for pod in running if "deletionTimestamp" not in pod["metadata"]]
    return pod


def finish(kube: Kube, room: str, pod: Body) -> None:
    kube.cluster.kubectl("exec", pod["metadata"]["name"], f"--namespace={room}", "--", "touch", "/workspace/finish")


def counts_of(kube: Kube, room: str) -> dict[str, Body]:
    status = kube.get("TrainJob", room, NAME)["status"]
    return {counts["name"]: counts for counts in status["jobsStatus"]}


def test_it_is_complete_only_when_the_further_step_is(kube: Kube, room: str) -> None:
    start(kube, room, EXPORTS)
    pod = await_export(kube, room)

    eventually(lambda: counts_of(kube, room)[STEP]["active"] == 1)
    assert counts_of(kube, room)["node"]["succeeded"] == 1
    assert conditions_of(kube, room, NAME).keys() == set()
    [trainer] = pods_of(kube, room, "node")
    assert pod["spec"]["nodeName"] == trainer["spec"]["nodeName"], "the volume is on that node"
    [container] = trainer["status"]["containerStatuses"]
    assert pod["metadata"]["creationTimestamp"] >= container["state"]["terminated"]["finishedAt"]

    finish(kube, room, pod)

    await_complete(kube, room, NAME)
    assert kube.cluster.kubectl("logs", pod["metadata"]["name"], f"--namespace={room}").strip() == "trained"
    assert [counts["succeeded"] for counts in counts_of(kube, room).values()] == [1] * 4
    completed = kube.get("TrainJob", room, NAME)["status"]["completionTime"]
    conditions = kube.get("Job", room, JOB)["status"]["conditions"]
    assert [completed] == [one["lastTransitionTime"] for one in conditions if one["type"] == "Complete"]


def test_it_fails_with_the_further_step_and_says_why(kube: Kube, room: str) -> None:
    start(kube, room, FAILS)

    failed = await_condition(kube, room, NAME, "Failed")

    assert failed["reason"] == "FailedJobs"
    assert failed["message"].startswith(f"Job {JOB} failed: container {STEP} of pod {JOB}-0-")
    assert failed["message"].endswith(f"ended with exit code 3: {LAST_WORDS}")
    failure = kube.get("TrainJob", room, NAME)["status"]["failure"]
    assert (failure["job"], failure["container"], failure["exitCode"]) == (JOB, STEP, 3)
    assert LAST_WORDS in failure["logTail"]
    counts = counts_of(kube, room)
    assert (counts["node"]["succeeded"], counts[STEP]["failed"]) == (1, 1)
    [claim] = kube.list("PersistentVolumeClaim", room)
    assert claim["status"]["phase"] == "Bound", "what was trained is still there"


def test_what_is_trained_is_not_trained_again_after_a_pause(kube: Kube, room: str) -> None:
    start(kube, room, EXPORTS)
    before = await_export(kube, room)
    [trainer] = pods_of(kube, room, "node")

    kube.patch("TrainJob", room, NAME, {"spec": {"suspend": True}})
    await_condition(kube, room, NAME, "Suspended")
    eventually(lambda: pods_of(kube, room, STEP) == [])
    kube.patch("TrainJob", room, NAME, {"spec": {"suspend": False}})
    after = await_export(kube, room)

    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert [pod["metadata"]["uid"] for pod in pods_of(kube, room, "node")] == [trainer["metadata"]["uid"]]
    finish(kube, room, after)
    await_complete(kube, room, NAME)
