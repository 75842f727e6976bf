"""The volume as a TrainJob asks for it, in a real cluster: made, kept and used again, somebody else's, missing."""

from tests.cluster.kube import Body, Kube
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, await_condition, owner_uids
from tests.cluster.waiting import eventually

CLAIM = "initializer-first"
# Counts its runs in the workspace.
COUNTS = "open('/workspace/runs', 'a').write('run\\n'); print(open('/workspace/runs').read().count('run'), 'runs')"


def claim(kube: Kube, namespace: str) -> Body:
    [found] = kube.list("PersistentVolumeClaim", namespace)
    return found


def run(kube: Kube, namespace: str, name: str, workspace: Body) -> str:
    """Run a TrainJob to its end, delete it with all that it owns, and give what its trainer said."""
    kube.create(trainjob(namespace, name, "counting", workspace=workspace))
    await_complete(kube, namespace, name)
    [pod] = kube.list("Pod", namespace, labelSelector=f"batch.kubernetes.io/job-name={name}-node-0")
    log = kube.cluster.kubectl("logs", pod["metadata"]["name"], f"--namespace={namespace}")
    kube.delete("TrainJob", namespace, name)
    eventually(lambda: kube.list("Job", namespace) + kube.list("Pod", namespace) == [])
    return log


def test_a_workspace_is_made_as_asked_kept_and_used_again(kube: Kube, namespace: str, replicas: Replicas) -> None:
    replicas.start("only", status_delay="0.1")
    kube.create(stub_runtime(namespace, "counting", node=COUNTS))

    assert run(kube, namespace, "first", {"size": "48Mi", "retentionPolicy": "Retain"}) == "1 runs\n"
    made = claim(kube, namespace)
    assert made["metadata"]["name"] == CLAIM
    assert made["spec"]["resources"]["requests"]["storage"] == "48Mi"
    assert owner_uids(made) == set()

    assert run(kube, namespace, "first", {"size": "96Mi", "retentionPolicy": "Retain"}) == "2 runs\n"

    left = claim(kube, namespace)
    assert left["metadata"]["uid"] == made["metadata"]["uid"]
    assert left["spec"] == made["spec"]


def test_a_claim_that_is_missing_is_told_of_and_then_waited_for(kube: Kube, namespace: str, replicas: Replicas) -> None:
    replicas.start("only", status_delay="0.1")
    kube.create(stub_runtime(namespace, "counting", node=COUNTS))
    kube.create(trainjob(namespace, "early", "counting", workspace={"claimName": "late"}))

    stalled = await_condition(kube, namespace, "early", "Stalled")

    assert stalled["reason"] == "ClaimNotFound"
    assert f"there is no PersistentVolumeClaim late in namespace {namespace}: create it" in stalled["message"]
    kube.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "late", "namespace": namespace},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}},
        }
    )
    await_complete(kube, namespace, "early")
    kube.delete("TrainJob", namespace, "early")
    eventually(lambda: kube.list("Job", namespace) == [])
    left = claim(kube, namespace)
    assert owner_uids(left) == set()
    assert "labels" not in left["metadata"]
