"""What users of such systems were hurt by elsewhere, and what happens here: while a TrainJob is under way."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.faults import full_quota
from tests.cluster.kube import Body, Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.replicas import Replicas
from tests.cluster.stub import STEPS, container_of, pod_of, stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, await_condition, children_in, conditions_of
from tests.cluster.waiting import eventually

NAME = "tiny"
INSTANCE = "app.kubernetes.io/instance"
TOLD_WITHIN = timedelta(seconds=30)
# Ends when a file is there, or at once when it is asked to.
WAITS = (
    "import os, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\n"
    "while not os.path.exists('/workspace/finish'): time.sleep(0.2)"
)


@dataclass(frozen=True, slots=True)
class Rooms:
    """Namespaces that one operator serves, a fresh one each time."""

    unused: Iterator[str]

    def next(self) -> str:
        return next(self.unused)


@pytest.fixture(scope="module")
def rooms(namespaces: Namespaces, replicas_of: Callable[[Sequence[str]], Replicas]) -> Rooms:
    """An operator, and namespaces for the tests of this file."""
    made = [namespaces.make() for _ in range(9)]
    replicas_of(made).start("only", certificates="none", status_delay="0.1")
    return Rooms(iter(made))


@pytest.fixture
def room(rooms: Rooms) -> str:
    """A namespace that an operator serves."""
    return rooms.next()


def job_with(namespace: str, name: str = NAME, **spec: object) -> Body:
    """Make a TrainJob with any fields of its spec."""
    job = trainjob(namespace, name)
    job["spec"] |= spec
    return job


def pods_of(kube: Kube, namespace: str, *steps: str) -> list[Body]:
    """List the pods of some steps, or of all."""
    among = ", ".join(steps or STEPS)
    return kube.list("Pod", namespace, labelSelector=f"jobset.sigs.k8s.io/replicatedjob-name in ({among})")


def phases_of(pods: list[Body]) -> list[str]:
    """Give the phases of pods that are not being deleted."""
    return [pod["status"]["phase"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def test_t05_pods_that_share_a_readwriteonce_claim_are_on_one_node(kube: Kube, room: str) -> None:
    kube.create(stub_runtime(room))
    kube.create(trainjob(room, NAME, trainer={"numNodes": 2}))
    await_complete(kube, room, NAME)

    pods = pods_of(kube, room)
    assert len(pods) == 4
    assert len({pod["spec"]["nodeName"] for pod in pods}) == 1
    assert [pod["spec"]["affinity"]["podAffinity"] for pod in pods] == [_together(kube, room)] * 4
    [claim] = kube.list("PersistentVolumeClaim", room)
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def _together(kube: Kube, room: str) -> Body:
    uid = kube.get("TrainJob", room, NAME)["metadata"]["uid"]
    term = {
        "labelSelector": {"matchLabels": {"jobset.sigs.k8s.io/jobset-uid": uid}},
        "topologyKey": "kubernetes.io/hostname",
    }
    return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}


def test_t06_nobody_waits_for_a_claim_that_waits_for_its_first_consumer(kube: Kube, room: str) -> None:
    kube.create(stub_runtime(room))
    kube.create(job_with(room, suspend=True))
    await_condition(kube, room, NAME, "Suspended")
    [claim] = kube.list("PersistentVolumeClaim", room)
    assert claim["status"]["phase"] == "Pending"
    assert conditions_of(kube, room, NAME).keys() == {"Suspended"}

    kube.patch("TrainJob", room, NAME, {"spec": {"suspend": False}})

    await_complete(kube, room, NAME)
    [claim] = kube.list("PersistentVolumeClaim", room)
    assert claim["status"]["phase"] == "Bound"


def test_t11_zero_false_empty_and_nothing_are_values(kube: Kube, room: str) -> None:
    runtime = stub_runtime(room)
    container_of(runtime, "node")["args"] = ["unwanted"]
    pod_of(runtime, "node")["terminationGracePeriodSeconds"] = 0
    container_of(runtime, "node")["volumeMounts"][0]["readOnly"] = False
    runtime["spec"]["template"]["spec"]["network"] = {"publishNotReadyAddresses": False}
    kube.create(runtime)
    trainer = {"args": [], "numNodes": 0, "env": [{"name": "EMPTY", "value": ""}]}
    kube.create(job_with(room, trainer=trainer, suspend=False))
    kube.create(job_with(room, "gone-at-once", ttlSecondsAfterFinished=0))
    await_complete(kube, room, NAME)

    job = kube.get("Job", room, f"{NAME}-node-0")["spec"]
    pod = job["template"]["spec"]
    [container] = pod["containers"]
    assert (job["parallelism"], job["completions"], job["backoffLimit"]) == (0, 0, 0)
    assert "args" not in container
    assert {"name": "EMPTY"} in container["env"]  # as the API server writes an empty value
    assert {"name": "PET_NNODES", "value": "0"} in container["env"]
    assert (pod["terminationGracePeriodSeconds"], pod["automountServiceAccountToken"]) == (0, False)
    assert kube.get("Service", room, NAME)["spec"].get("publishNotReadyAddresses", False) is False
    assert kube.list("Pod", room, labelSelector=f"batch.kubernetes.io/job-name={NAME}-node-0") == []
    eventually(lambda: kube.find("TrainJob", room, "gone-at-once") is None)


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that stands in the way, and what is told of it."""

    quota: str | None
    name: str
    reason: str
    words: tuple[str, ...]


REFUSED = {
    "Jobs": Refused(
        "count/jobs.batch", NAME, "ChildRefused", ("Job tiny-dataset-initializer-0", "exceeded quota: full")
    ),
    "pods": Refused("pods", NAME, "PodsRefused", ("pods of Job tiny-dataset-initializer-0", "exceeded quota: full")),
    "the name": Refused(None, "n" * 40, "NameTooLong", ("metadata.name: has 40 characters", "leaves 39")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_t13_what_cannot_be_created_is_told_within_seconds(kube: Kube, room: str, what: str) -> None:
    refused = REFUSED[what]
    kube.create(stub_runtime(room))
    if refused.quota is not None:
        kube.create(full_quota(room, "full", refused.quota))
    created = kube.create(trainjob(room, refused.name))["metadata"]["creationTimestamp"]

    condition = await_condition(kube, room, refused.name, "Stalled")

    assert condition["reason"] == refused.reason
    assert [words for words in refused.words if words not in condition["message"]] == []
    since = datetime.fromisoformat(condition["lastTransitionTime"]) - datetime.fromisoformat(created)
    assert since <= TOLD_WITHIN


def test_the_longest_name_that_is_accepted_runs(kube: Kube, room: str) -> None:
    kube.create(stub_runtime(room))
    kube.create(trainjob(room, "n" * 39))
    await_complete(kube, room, "n" * 39)


def test_t18_ten_times_suspended_and_resumed_there_is_one_set_of_children(kube: Kube, room: str) -> None:
    kube.create(stub_runtime(room, node=WAITS))
    kube.create(trainjob(room, NAME))
    eventually(lambda: phases_of(pods_of(kube, room, "node")) == ["Running"])
    before = _lasting(kube, room)

    for _ in range(10):
        kube.patch("TrainJob", room, NAME, {"spec": {"suspend": True}})
        eventually(lambda: _is_suspended(kube, room), every_s=0.1)
        kube.patch("TrainJob", room, NAME, {"spec": {"suspend": False}})
        eventually(lambda: _is_running(kube, room), every_s=0.1)
    assert _lasting(kube, room) == before
    assert len(pods_of(kube, room, "node")) == 1

    (_workspace(kube, room) / "finish").touch()
    await_complete(kube, room, NAME)
    assert _lasting(kube, room) == before
    assert conditions_of(kube, room, NAME).keys() == {"Complete"}


def _lasting(kube: Kube, room: str) -> dict[str, str]:
    """Give the UIDs of all children but the trainer's pods."""
    trainers = {pod["metadata"]["name"] for pod in pods_of(kube, room, "node")}
    children = [child for child in children_in(kube, room) if child["metadata"]["name"] not in trainers]
    return {f"{child['kind']} {child['metadata']['name']}": child["metadata"]["uid"] for child in children}


def _is_suspended(kube: Kube, room: str) -> bool:
    """Tell whether it is over, by the status as well as by the pods."""
    status = kube.get("TrainJob", room, NAME)["status"]
    told = [(one["type"], one["status"], one["reason"]) for one in status.get("conditions", ())]
    [node] = [job for job in status["jobsStatus"] if job["name"] == "node"]
    counts = {count: node[count] for count in ("active", "ready", "suspended")}
    is_told = told == [("Suspended", "True", "Suspended")] and "startTime" not in status
    return is_told and counts == {"active": 0, "ready": 0, "suspended": 1} and not pods_of(kube, room, "node")


def _is_running(kube: Kube, room: str) -> bool:
    status = kube.get("TrainJob", room, NAME)["status"]
    [node] = [job for job in status["jobsStatus"] if job["name"] == "node"]
    is_told = "conditions" not in status and (node["ready"], node["suspended"]) == (1, 0) and "startTime" in status
    return is_told and phases_of(pods_of(kube, room, "node")) == ["Running"]


def _workspace(kube: Kube, room: str) -> Path:
    """Give the folder of this machine that is the workspace."""
    [claim] = kube.list("PersistentVolumeClaim", room)
    volume: dict[str, Any] = json.loads(
        kube.cluster.kubectl("get", "persistentvolume", claim["spec"]["volumeName"], "--output=json")
    )
    return Path(volume["spec"]["local"]["path"])


def test_t33_no_child_carries_the_label_by_which_gitops_tools_prune(kube: Kube, room: str) -> None:
    mark = {"labels": {INSTANCE: "argo", "kept": "yes"}}
    runtime = stub_runtime(room)
    runtime["metadata"]["labels"] = runtime["metadata"].get("labels", {}) | mark["labels"]
    runtime["spec"]["template"]["metadata"] = mark
    for step in runtime["spec"]["template"]["spec"]["replicatedJobs"]:
        step["template"]["metadata"]["labels"] |= mark["labels"]
        step["template"]["spec"]["template"]["metadata"] = mark
    for policy in runtime["spec"]["template"]["spec"]["volumeClaimPolicies"]:
        policy["templates"][0]["metadata"] |= mark
    kube.create(runtime)
    marked = {"metadata": mark, "spec": {"template": {"metadata": mark}}}
    template = {"metadata": mark, "spec": {"replicatedJobs": [{"name": "node", "template": marked}]}}
    patch = {"manager": "example.com/test", "trainingRuntimeSpec": {"template": template}}
    job = job_with(room, runtimePatches=[patch])
    job["metadata"] |= mark
    kube.create(job)
    await_complete(kube, room, NAME)

    children = children_in(kube, room)
    assert {child["kind"] for child in children} == {"ConfigMap", "Service", "PersistentVolumeClaim", "Job", "Pod"}
    assert [child["metadata"]["name"] for child in children if INSTANCE in child["metadata"].get("labels", {})] == []
    kept = {child["kind"] for child in children if "kept" in child["metadata"].get("labels", {})}
    assert kept >= {"Job", "Pod"}
