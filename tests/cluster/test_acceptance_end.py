"""What users of such systems were hurt by elsewhere, and what happens here: when a TrainJob ends."""

import time

from tests.cluster.faults import crashing_runtime
from tests.cluster.kube import Body, Kube
from tests.cluster.refusing_proxy import RefusingProxy
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, await_condition, children_in, conditions_of, names_in
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster
from tests.devcluster.audit import Audit

NAMES = ("complete", "failed", "expired")
SNAPSHOT = "ConfigMap expired-runtime-snapshot"
# Takes its time to end when it is asked to.
HOLDS_ON = (
    "import signal, sys, time\n"
    "def end(*_): time.sleep(3); sys.exit(1)\n"
    "signal.signal(signal.SIGTERM, end); time.sleep(600)"
)
SETTLED_AFTER_S = 5.0


def test_t01_terminal_means_terminal(kube: Kube, namespace: str, replicas: Replicas) -> None:
    short_lived = stub_runtime(namespace, "short-lived")
    short_lived["spec"]["template"]["spec"]["ttlSecondsAfterFinished"] = 1
    for runtime in (stub_runtime(namespace), crashing_runtime(namespace), short_lived):
        kube.create(runtime)
    operator = replicas.start("before", certificates="none")
    for name, runtime_name in zip(NAMES, ("stub", "crashing", "short-lived"), strict=True):
        kube.create(trainjob(namespace, name, runtime_name))
    await_complete(kube, namespace, "complete")
    await_complete(kube, namespace, "expired")
    await_condition(kube, namespace, "failed", "Failed")
    # The snapshot stays, as it does in Kubeflow Trainer.
    eventually(lambda: [name for name in names_in(kube, namespace) if "expired" in name] == [SNAPSHOT])
    ended = [_status(kube, namespace, name) for name in NAMES]

    audit = Audit(kube.cluster.audit_log, replicas.user(""))
    for child in children_in(kube, namespace):
        kube.delete(child["kind"], namespace, child["metadata"]["name"])
    eventually(lambda: names_in(kube, namespace) == [])
    time.sleep(SETTLED_AFTER_S)  # what is to be shown is that nothing happens
    operator.stop()
    replicas.start("after", certificates="none")
    eventually(lambda: replicas.leader() == "after")
    time.sleep(SETTLED_AFTER_S)

    assert [str(request) for request in audit.writes()] == []
    assert names_in(kube, namespace) == []
    assert [_status(kube, namespace, name) for name in NAMES] == ended


def _status(kube: Kube, namespace: str, name: str) -> Body:
    status: Body = kube.get("TrainJob", namespace, name)["status"]
    return status


def test_t02_the_deadline_frees_the_pods_even_if_their_jobs_are_not_deleted_at_first(
    cluster: Cluster, kube: Kube, namespace: str, replicas: Replicas
) -> None:
    kube.create(stub_runtime(namespace, dataset_initializer=HOLDS_ON, model_initializer=HOLDS_ON))
    late = trainjob(namespace, "late")
    late["spec"]["activeDeadlineSeconds"] = 30
    with RefusingProxy(cluster) as proxy:
        operator = replicas.make("only", server=proxy.url, certificates="none")
        operator.start()
        operator.await_ready()
        kube.create(late)
        eventually(lambda: [pod["status"]["phase"] for pod in kube.list("Pod", namespace)] == ["Running"] * 2)

        failed = await_condition(kube, namespace, "late", "Failed")
        left = kube.list("Pod", namespace)

        assert [pod["metadata"]["name"] for pod in left if _is_live(pod)] == []
        assert failed["reason"] == "DeadlineExceeded"
        assert len(proxy.refused) == 3
        assert conditions_of(kube, namespace, "late").keys() == {"Stalled", "Failed"}
        eventually(lambda: kube.list("Job", namespace) == kube.list("Pod", namespace) == [])
        operator.stop()


def _is_live(pod: Body) -> bool:
    return pod["status"]["phase"] not in {"Succeeded", "Failed"}
