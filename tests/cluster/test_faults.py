"""What can go wrong, and what a newcomer reads about it: soon, in words that name the object and the remedy.

All these TrainJobs are there at the same time. What they tell is written down, then the causes that can be removed are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.cluster.faults import (
    ABSENT_IMAGE,
    LAST_WORDS,
    crashing_runtime,
    downloading_runtime,
    full_quota,
    token_secret,
    unhardened_runtime,
)
from tests.cluster.kube import Body, Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, await_condition, conditions_of
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, images
from tests.factories.requests import patch
from tests.hub import HubServer

TOLD_WITHIN = timedelta(seconds=30)
ROOM = "example.com/room"  # a label of nodes
TOKEN = "hf_aTokenThatNobodyKnows"  # noqa: S105 - made up


@dataclass(frozen=True, slots=True)
class Fault:
    """A TrainJob with which something is wrong, and what it has to tell.

    Attributes:
        condition: its type, and the reason.
        words: all of them are in the message.
        knowable: the Event with this reason, or the end of the pod, of this Job; nothing: at once.
        has_node_job: the trainer's Job had been created before anybody could know.
    """

    condition: tuple[str, str]
    words: tuple[str, ...]
    knowable: tuple[str, str] | None = None
    has_node_job: bool = False


FAULTS = {
    "no-runtime": Fault(("Stalled", "RuntimeNotFound"), ("TrainingRuntime later does not exist", "create it")),
    "no-repository": Fault(
        ("Failed", "FailedJobs"),
        (
            "Job no-repository-model-initializer-0 failed: container model-initializer of pod no-repository-",
            "exit code 10: There is no model example/absent",
            "check initializer.model.storageUri",
        ),
        ("end", "no-repository-model-initializer-0"),
    ),
    "bad-token": Fault(
        ("Failed", "FailedJobs"),
        (
            "Job bad-token-dataset-initializer-0 failed: container dataset-initializer of pod bad-token-",
            "exit code 12",
            "does not know the given token",
            "name a Secret with a token under ACCESS_TOKEN in initializer.dataset.secretRef",
        ),
        ("end", "bad-token-dataset-initializer-0"),
    ),
    "no-image": Fault(
        ("Stalled", "ImagePullFailed"),
        (f"image {ABSENT_IMAGE} of container node in pod no-image-node-0-0-", "Check the image's name"),
        ("Failed", "no-image-node-0"),
        has_node_job=True,
    ),
    "crash": Fault(
        ("Failed", "FailedJobs"),
        ("Job crash-node-0 failed: container node of pod crash-node-0-0-", f"ended with exit code 1: {LAST_WORDS}"),
        ("end", "crash-node-0"),
        has_node_job=True,
    ),
    "no-gpus": Fault(
        ("Stalled", "PodsRefused"),
        (
            "pods of Job no-gpus-node-0",
            "exceeded quota: full, requested: requests.nvidia.com/gpu=1",
            "Change the quota or policy that is named here",
        ),
        ("FailedCreate", "no-gpus-node-0"),
        has_node_job=True,
    ),
    "no-node": Fault(
        ("Stalled", "Unschedulable"),
        (
            "the pods of Job no-node-",
            "find no node: 0/",
            "didn't match Pod's node affinity/selector. They start",
            "asking for what a node has",
        ),
        ("FailedScheduling", "no-node-"),
    ),
    "no-volumes": Fault(
        ("Stalled", "ChildRefused"),
        ("PersistentVolumeClaim initializer-no-volumes cannot be created", "exceeded quota: full"),
    ),
    "refused": Fault(
        ("Stalled", "PodsRefused"),
        ("pods of Job refused-dataset-initializer-0", 'violates PodSecurity "restricted', "runAsNonRoot=true"),
        ("FailedCreate", "refused-dataset-initializer-0"),
    ),
}
REMOVABLE = ("no-runtime", "no-gpus", "no-node", "no-volumes", "refused")


@dataclass(frozen=True, slots=True)
class Told:
    """What a TrainJob told, how long after it could be known, and whether there was a Job of its trainer."""

    condition: Body
    after: timedelta
    has_node_job: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """Where each TrainJob is, and what it told before the causes were removed."""

    kube: Kube
    namespace_of: Mapping[str, str]
    told: Mapping[str, Told]


@pytest.fixture(scope="module")
def scene(
    cluster: Cluster,
    kube: Kube,
    namespaces: Namespaces,
    replicas_of: Callable[[Sequence[str]], Replicas],
    tmp_path_factory: pytest.TempPathFactory,
) -> Scene:
    cluster.load(images.build("initializer"))
    roomy = namespaces.make()
    namespace_of = {name: namespaces.make() if name in REMOVABLE else roomy for name in FAULTS}
    replicas_of([where for name, where in namespace_of.items() if name != "no-node"]).start("only")
    replicas_of([namespace_of["no-node"]]).start("impatient", unschedulable_after="10")
    with HubServer(cluster.host_address) as hub:
        _fill(hub, tmp_path_factory.mktemp("hub"))
        for manifest in (*_surroundings(namespace_of, hub.url), *_trainjobs(namespace_of)):
            kube.create(manifest)
        told = {name: _listen(kube, namespace_of[name], name, fault) for name, fault in FAULTS.items()}
    _remove_causes(kube, namespace_of)
    return Scene(kube, namespace_of, told)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_time_and_in_words_to_act_on(scene: Scene, name: str) -> None:
    fault, told = FAULTS[name], scene.told[name]
    message = told.condition["message"]
    print(f"after {told.after.total_seconds():.0f} s: {message}")
    assert (told.condition["type"], told.condition["reason"]) == fault.condition
    assert [word for word in fault.words if word not in message] == []
    assert TOKEN not in message
    assert told.after <= TOLD_WITHIN
    assert told.has_node_job == fault.has_node_job


@pytest.mark.parametrize("name", REMOVABLE)
def test_it_goes_on_once_the_cause_is_removed(scene: Scene, name: str) -> None:
    await_complete(scene.kube, scene.namespace_of[name], name)
    assert conditions_of(scene.kube, scene.namespace_of[name], name).keys() == {"Complete"}


def _surroundings(namespace_of: Mapping[str, str], hub: str) -> list[Body]:
    roomy = namespace_of["crash"]
    sources = {"model": "hf://example/tiny", "dataset": "hf://example/questions"}
    return [
        *(stub_runtime(namespace_of[name]) for name in ("no-image", "no-gpus", "no-node", "no-volumes")),
        crashing_runtime(roomy),
        downloading_runtime(roomy, hub, **sources),
        token_secret(roomy, "hub", TOKEN),
        unhardened_runtime(namespace_of["refused"]),
        full_quota(namespace_of["no-gpus"], "full", "requests.nvidia.com/gpu"),
        full_quota(namespace_of["no-volumes"], "full", "persistentvolumeclaims"),
    ]


def _trainjobs(namespace_of: Mapping[str, str]) -> list[Body]:
    absent, token = {"storageUri": "hf://example/absent"}, {"secretRef": {"name": "hub"}}
    specs: dict[str, tuple[str, dict[str, object]]] = {
        "no-runtime": ("later", {}),
        "no-repository": ("downloading", {"initializer": {"model": absent}}),
        "bad-token": ("downloading", {"initializer": {"dataset": token}}),
        "no-image": ("stub", {"trainer": {"image": ABSENT_IMAGE}}),
        "crash": ("crashing", {}),
        "no-gpus": ("stub", {}),
        "no-node": ("stub", {"runtimePatches": [patch(pod={"nodeSelector": {ROOM: namespace_of["no-node"]}})]}),
        "no-volumes": ("stub", {}),
        "refused": ("unhardened", {}),
    }
    return [trainjob(namespace_of[name], name, runtime, **spec) for name, (runtime, spec) in specs.items()]


def _remove_causes(kube: Kube, namespace_of: Mapping[str, str]) -> None:
    kube.create(stub_runtime(namespace_of["no-runtime"], "later"))
    for name, resource in (("no-gpus", "requests.nvidia.com/gpu"), ("no-volumes", "persistentvolumeclaims")):
        kube.patch("ResourceQuota", namespace_of[name], "full", {"spec": {"hard": {resource: "1"}}})
    [node, *_] = kube.list("Node", "")
    kube.patch("Node", "", node["metadata"]["name"], {"metadata": {"labels": {ROOM: namespace_of["no-node"]}}})
    label = {"pod-security.kubernetes.io/enforce": "privileged"}
    kube.patch("Namespace", "", namespace_of["refused"], {"metadata": {"labels": label}})


def _fill(hub: HubServer, folder: Path) -> None:
    for kind, file in (("model", "config.json"), ("dataset", "data/train.parquet")):
        path = folder / kind / file
        path.parent.mkdir(parents=True)
        path.write_bytes(b"{}")
    hub.add_repo("model", "example/tiny", folder / "model")
    hub.add_repo("dataset", "example/questions", folder / "dataset")


def _listen(kube: Kube, namespace: str, name: str, fault: Fault) -> Told:
    condition = await_condition(kube, namespace, name, fault.condition[0])
    knowable = datetime.fromisoformat(_knowable(kube, namespace, name, fault))
    return Told(
        condition,
        datetime.fromisoformat(condition["lastTransitionTime"]) - knowable,
        has_node_job=kube.find("Job", namespace, f"{name}-node-0") is not None,
    )


def _knowable(kube: Kube, namespace: str, name: str, fault: Fault) -> str:
    if fault.knowable is None:
        return str(kube.get("TrainJob", namespace, name)["metadata"]["creationTimestamp"])
    reason, job = fault.knowable
    return _end(kube, namespace, job) if reason == "end" else _warning(kube, namespace, job, reason)


def _end(kube: Kube, namespace: str, job: str) -> str:
    """Tell when the only pod of a Job ended."""
    [pod] = kube.list("Pod", namespace, labelSelector=f"batch.kubernetes.io/job-name={job}")
    [container] = pod["status"]["containerStatuses"]
    return str(container["state"]["terminated"]["finishedAt"])


def _warning(kube: Kube, namespace: str, job: str, reason: str) -> str:
    """Tell when the first Event of a reason about a Job or its pods was written."""

    def events() -> list[Body]:
        found = kube.list("Event", namespace, fieldSelector=f"reason={reason}")
        return [event for event in found if event["involvedObject"]["name"].startswith(job)]

    return min(str(event["firstTimestamp"] or event["eventTime"]) for event in eventually(events))
