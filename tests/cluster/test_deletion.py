"""A TrainJob that is deleted takes everything with it, and one of the same name starts afresh."""

import time

import pytest
from tests.cluster.kube import Kube
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, children_in, end_state, names_in, owner_uids
from tests.cluster.waiting import eventually

NAME = "tiny"
CHILDREN = [
    "ConfigMap tiny-runtime-snapshot",
    "Job tiny-dataset-initializer-0",
    "Job tiny-model-initializer-0",
    "Job tiny-node-0",
    "PersistentVolumeClaim initializer-tiny",
    "Service tiny",
]
# Ends at once when it is asked to.
SLEEPS = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit()); time.sleep(600)"


def _names(kube: Kube, namespace: str) -> list[str]:
    return [name for name in names_in(kube, namespace) if not name.startswith("Pod ")]


def _await_training(kube: Kube, namespace: str) -> None:
    def trains() -> bool:
        pods = kube.list("Pod", namespace, labelSelector="jobset.sigs.k8s.io/replicatedjob-name=node")
        return [pod["status"].get("phase") for pod in pods] == ["Running"]

    eventually(trains)
    assert _names(kube, namespace) == CHILDREN


@pytest.mark.parametrize("operator_is", ["there", "gone"])
def test_a_deleted_trainjob_leaves_nothing_behind(
    kube: Kube, namespace: str, replicas: Replicas, operator_is: str
) -> None:
    kube.create(stub_runtime(namespace, node=SLEEPS))
    operator = replicas.start("only")
    kube.create(trainjob(namespace, NAME))
    _await_training(kube, namespace)
    if operator_is == "gone":
        operator.stop()

    kube.delete("TrainJob", namespace, NAME)

    eventually(lambda: names_in(kube, namespace) == [])
    if operator_is == "there":
        operator.stop()  # what it had begun is done by then
        assert names_in(kube, namespace) == []


@pytest.mark.alone  # "at once" is a tenth of a second
@pytest.mark.parametrize("moment", ["in training", "complete"])
def test_t31_deleted_and_created_again_at_once_it_has_its_own_children_and_status(
    kube: Kube, namespace: str, replicas: Replicas, moment: str
) -> None:
    kube.create(stub_runtime(namespace, **({"node": SLEEPS} if moment == "in training" else {})))
    operator = replicas.start("only")
    old = kube.create(trainjob(namespace, NAME))["metadata"]["uid"]
    if moment == "complete":
        await_complete(kube, namespace, NAME)
    else:
        _await_training(kube, namespace)
        # What runs may stay, but the next one is to come to its end.
        kube.delete("TrainingRuntime", namespace, "stub")
        kube.create(stub_runtime(namespace))

    began = time.monotonic()
    kube.delete("TrainJob", namespace, NAME)
    new = kube.create(trainjob(namespace, NAME))["metadata"]["uid"]
    assert time.monotonic() - began < 1

    await_complete(kube, namespace, NAME)
    operator.stop()
    eventually(lambda: not any(old in owner_uids(child) for child in children_in(kube, namespace)))
    state = end_state(kube, namespace, NAME)
    assert [condition[:3] for condition in state.conditions] == [("Complete", "True", "AllJobsCompleted")]
    assert state.are_its_own
    assert _names(kube, namespace) == CHILDREN
    job = kube.get("TrainJob", namespace, NAME)
    assert job["metadata"]["uid"] == new
    assert job["status"]["startTime"] >= job["metadata"]["creationTimestamp"]
    assert job["status"]["completionTime"] >= job["status"]["startTime"]
