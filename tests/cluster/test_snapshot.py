"""The ConfigMap with the runtime as a TrainJob first saw it, when somebody deletes it."""

import time

from tests.cluster.kube import Kube
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, await_condition
from tests.cluster.waiting import eventually

from trainjob_operator.controller.work.worker import SNAPSHOT_TRUSTED

NAME = "tiny"
SNAPSHOT = "tiny-runtime-snapshot"


def test_it_is_made_again_as_it_was_before_the_next_pods(kube: Kube, namespace: str, replicas: Replicas) -> None:
    replicas.start("only", certificates="none", status_delay="0.1")
    runtime = stub_runtime(namespace)
    kube.create(runtime)
    job = trainjob(namespace, NAME)
    kube.create(job | {"spec": job["spec"] | {"suspend": True}})
    await_condition(kube, namespace, NAME, "Suspended")
    first = eventually(lambda: kube.find("ConfigMap", namespace, SNAPSHOT))
    assert first is not None

    kube.delete("ConfigMap", namespace, SNAPSHOT)
    time.sleep(SNAPSHOT_TRUSTED)  # for so long nobody asks again
    kube.patch("TrainJob", namespace, NAME, {"spec": {"suspend": False}})

    await_complete(kube, namespace, NAME)
    again = kube.get("ConfigMap", namespace, SNAPSHOT)
    assert again["metadata"]["uid"] != first["metadata"]["uid"]
    assert again["data"] == first["data"]
