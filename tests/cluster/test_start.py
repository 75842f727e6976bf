"""What the operator looks for before it begins: CRDs that are too old, and others who work on TrainJobs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.cluster.installation import CRD_NAMES, SYSTEM, Installation, installed
from tests.cluster.kube import Kube
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> Iterator[Installation]:
    with installed(cluster, "--set=replicas=1") as installation:
        yield installation


def restart(operator: Installation) -> None:
    """Put another pod in the place of the one that runs."""
    operator.kubectl("delete", "pods", "--all", f"--namespace={SYSTEM}", "--wait")


def log(operator: Installation) -> str:
    by_age = "--sort-by=.metadata.creationTimestamp"
    pod = operator.kubectl("get", "pods", f"--namespace={SYSTEM}", by_age, "--output=name").split()[-1]
    state = json.loads(operator.kubectl("get", pod, f"--namespace={SYSTEM}", "--output=json"))["status"]
    if not any("running" in each["state"] or each["restartCount"] for each in state.get("containerStatuses", ())):
        return ""
    return operator.kubectl("logs", pod, f"--namespace={SYSTEM}")


def test_t27_crds_older_than_the_operator_are_reported(operator: Installation) -> None:
    operator.age_the_crd("activeDeadlineSeconds")

    restart(operator)

    eventually(lambda: f"the CRD {CRD_NAMES[0]} is not that of this version" in log(operator))
    assert "drops spec.activeDeadlineSeconds from what users send" in log(operator)
    operator.await_rollout()


def test_a_lease_that_anybody_can_write_does_not_keep_it_from_starting(operator: Installation, kube: Kube) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": "kubeflow-trainer-0", "leaseDurationSeconds": 3600, "renewTime": now}
    metadata = {"name": "trainer.kubeflow.org", "namespace": "default"}
    kube.create({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec})
    try:
        restart(operator)

        eventually(lambda: "the Lease default/trainer.kubeflow.org is held by kubeflow-trainer-0" in log(operator))
        assert "no webhook for runtimes is configured: going on" in log(operator)
        operator.await_rollout()
    finally:
        kube.delete("Lease", "default", "trainer.kubeflow.org")
