"""An operator among 200 finished TrainJobs: it starts without a write, is at rest, and is quick to go on.

One of them really ran. The others are copies of it and of all its children, each with names, owners and UIDs of its
own; the copied Jobs ask for no pods, so that the Job controller itself completes them at once.
"""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from tests.cluster.kube import Body, Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, children_in
from tests.cluster.waiting import eventually
from tests.devcluster.audit import Audit

pytestmark = pytest.mark.alone  # counts requests, and measures how long a start takes
FINISHED = 200
IDLE_S = 60.0
GOES_ON_WITHIN_S = 10.0  # a Lease that was not given back lasts 15 s
ORIGINAL = "original"
_MADE_BY_THE_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "annotations")


@dataclass(frozen=True, slots=True)
class Scene:
    namespace: str
    replicas: Replicas


@pytest.fixture(scope="module")
def scene(kube: Kube, namespaces: Namespaces, replicas_of: Callable[[Sequence[str]], Replicas]) -> Scene:
    """200 finished TrainJobs, and no operator."""
    namespace = namespaces.make()
    replicas = replicas_of([namespace])
    kube.create(stub_runtime(namespace))
    operator = replicas.start("former")
    kube.create(trainjob(namespace, ORIGINAL))
    await_complete(kube, namespace, ORIGINAL)
    operator.stop()
    original = kube.get("TrainJob", namespace, ORIGINAL)
    children = [child for child in children_in(kube, namespace) if child["kind"] != "Pod"]
    with ThreadPoolExecutor(8) as threads:
        names = [f"copy{number}" for number in range(1, FINISHED)]
        list(threads.map(lambda name: _copy(kube, original, children, name), names))
    eventually(lambda: _completed_jobs(kube, namespace) == 3 * FINISHED, every_s=1)
    return Scene(namespace, replicas)


def test_a_start_among_200_finished_trainjobs_makes_no_write_and_then_only_watches(kube: Kube, scene: Scene) -> None:
    audit = Audit(kube.cluster.audit_log, scene.replicas.user("latter"))
    operator = scene.replicas.start("latter")
    operator.await_leading()
    eventually(audit.is_quiet)
    began = len(audit.requests())

    time.sleep(IDLE_S)  # what is to be shown is that nothing happens

    requests = audit.requests()
    operator.stop()
    assert [str(request) for request in requests if request.is_write] == []
    idle = [request for request in requests[began:] if request.verb != "watch"]
    assert [str(request) for request in idle if not request.is_about_the_lease] == []
    assert len(idle) <= 1.1 * IDLE_S / 2  # the Lease is renewed every two seconds, with one request
    assert len(kube.list("TrainJob", scene.namespace)) == FINISHED


def test_the_next_operator_does_not_wait_for_a_lease_that_was_given_back(kube: Kube, scene: Scene) -> None:
    former = scene.replicas.start("one")
    eventually(lambda: scene.replicas.leader() == "one")
    latter = scene.replicas.make("two")
    former.stop()

    began = time.monotonic()
    latter.start()
    kube.create(trainjob(scene.namespace, "new"))
    eventually(lambda: kube.find("ConfigMap", scene.namespace, "new-runtime-snapshot"), every_s=0.05)
    took = time.monotonic() - began

    print(f"{took:.1f} s")
    assert took < GOES_ON_WITHIN_S
    await_complete(kube, scene.namespace, "new")
    latter.stop()


def _copy(kube: Kube, original: Body, children: Sequence[Body], name: str) -> None:
    namespace, old = original["metadata"]["namespace"], original["metadata"]["uid"]
    new = kube.create(trainjob(namespace, name))["metadata"]["uid"]
    kube.patch("TrainJob", namespace, name, {"status": original["status"]}, "status")
    for child in children:
        text = json.dumps(_without_traces(child))
        kube.create(json.loads(text.replace(old, new).replace(ORIGINAL, name)))


def _without_traces(child: Body) -> Body:
    """Take away what the API server and controllers put on an object; a Job asks for no pods any more."""
    kept = {key: value for key, value in child.items() if key != "status"}
    kept["metadata"] = {key: value for key, value in child["metadata"].items() if key not in _MADE_BY_THE_SERVER}
    spec = kept.get("spec", {})
    if child["kind"] == "Job":
        kept["apiVersion"] = "batch/v1"
        labels = [kept["metadata"]["labels"], spec["template"]["metadata"]["labels"]]
        for table in labels:
            for key in [key for key in table if key.endswith(("controller-uid", "job-name"))]:
                del table[key]
        kept["spec"] = {**spec, "completions": 0, "parallelism": 0}
        del kept["spec"]["selector"]
    else:
        kept["apiVersion"] = "v1"
    if child["kind"] == "PersistentVolumeClaim":
        kept["spec"] = {key: value for key, value in spec.items() if key != "volumeName"}
    return kept


def _completed_jobs(kube: Kube, namespace: str) -> int:
    jobs = kube.list("Job", namespace)
    return sum(
        any((c["type"], c["status"]) == ("Complete", "True") for c in job["status"].get("conditions", ()))
        for job in jobs
    )
