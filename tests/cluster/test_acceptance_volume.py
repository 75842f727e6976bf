"""What users of such systems were hurt by elsewhere, and what happens here: what becomes of the volume."""

from tests.cluster.kube import Body, Kube
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, await_condition, owner_uids
from tests.cluster.waiting import eventually

NAME = "kept"
CLAIM = f"initializer-{NAME}"
# Counts its runs in the workspace.
COUNTS = "open('/workspace/runs', 'a').write('run\\n'); print(open('/workspace/runs').read().count('run'), 'runs')"
NEVER_ENDS = f"{COUNTS}; import time; time.sleep(600)"


def retaining_runtime(namespace: str, name: str, node: str) -> Body:
    runtime = stub_runtime(namespace, name, node=node)
    [policy] = runtime["spec"]["template"]["spec"]["volumeClaimPolicies"]
    policy["retentionPolicy"] = {"whenDeleted": "Retain"}
    return runtime


def claim_in(kube: Kube, namespace: str) -> Body:
    [claim] = kube.list("PersistentVolumeClaim", namespace)
    return claim


def test_t03_the_result_survives_deletion_deadline_and_time_to_live(
    kube: Kube, namespace: str, replicas: Replicas
) -> None:
    replicas.start("only", status_delay="0.1")
    kube.create(retaining_runtime(namespace, "endless", NEVER_ENDS))
    kube.create(trainjob(namespace, NAME, "endless", activeDeadlineSeconds=12, ttlSecondsAfterFinished=5))

    failed = await_condition(kube, namespace, NAME, "Failed")
    assert failed["reason"] == "DeadlineExceeded"
    before = claim_in(kube, namespace)
    eventually(lambda: kube.find("TrainJob", namespace, NAME) is None)
    eventually(lambda: kube.list("Job", namespace) == [])

    after = claim_in(kube, namespace)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert owner_uids(after) == set()
    assert "deletionTimestamp" not in after["metadata"]


def test_t04_a_retained_claim_is_used_again_by_the_same_manifest(
    kube: Kube, namespace: str, replicas: Replicas
) -> None:
    replicas.start("only", status_delay="0.1")
    kube.create(retaining_runtime(namespace, "counting", COUNTS))
    for runs in (1, 2):
        kube.create(trainjob(namespace, NAME, "counting"))
        await_complete(kube, namespace, NAME)
        [pod] = kube.list("Pod", namespace, labelSelector=f"batch.kubernetes.io/job-name={NAME}-node-0")
        log = kube.cluster.kubectl("logs", pod["metadata"]["name"], f"--namespace={namespace}")
        assert log == f"{runs} runs\n"
        kube.delete("TrainJob", namespace, NAME)
        eventually(lambda: kube.list("Job", namespace) + kube.list("Pod", namespace) == [])

    assert claim_in(kube, namespace)["metadata"]["name"] == CLAIM
