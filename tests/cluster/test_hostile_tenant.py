"""What somebody can do who may edit in one namespace, and nowhere else."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.cluster.installation import RELEASE, SYSTEM, Installation, installed
from tests.cluster.kube import Body, Kube
from tests.cluster.stub import RUNTIME, shipped_runtime, stub_runtime, trainjob
from tests.cluster.trainjobs import await_condition
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster
from tests.devcluster.errors import DevclusterError
from tests.factories.bombs import doubling

TENANT = "mallory"
LAST_TOKEN_S = 10.0


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> Iterator[Installation]:
    with installed(cluster, "--set=replicas=1") as installation:
        yield installation


@pytest.fixture
def team(operator: Installation, kube: Kube, namespace: str) -> str:
    """A namespace with a runtime, in which the tenant may edit."""
    kube.create(stub_runtime(namespace))
    role = ["rolebinding", TENANT, "--clusterrole=edit", f"--user={TENANT}"]
    operator.kubectl("create", *role, f"--namespace={namespace}")
    may = ["auth", "can-i", "create", "trainjobs", f"--as={TENANT}", f"--namespace={namespace}"]
    eventually(lambda: operator.kubectl(*may).strip() == "yes")
    return namespace


def create(operator: Installation, body: Body, *options: str) -> str:
    """Create an object as the tenant; the answer, or what is said of the refusal."""
    try:
        return operator.kubectl("create", f"--as={TENANT}", "--filename=-", *options, text=json.dumps(body))
    except DevclusterError as error:
        return str(error)


def config_map(namespace: str, name: str, runtime: Any, **metadata: object) -> Body:  # noqa: ANN401 - any JSON
    text = runtime if isinstance(runtime, str) else json.dumps(runtime)
    metadata = {"name": f"{name}-runtime-snapshot", "namespace": namespace, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"runtime": text}}


def test_a_bomb_is_answered_at_once_and_the_operator_lives(operator: Installation, kube: Kube, team: str) -> None:
    kube.create(shipped_runtime(team, "shipped"))
    before = operator.restarts()
    arguments = [f"model.lora_attn_modules={doubling(11)}", f"dataset.new_system_prompt={doubling(9)}"]
    trainer = {"command": ["tune", "run"], "args": arguments}
    started = time.monotonic()

    said = create(operator, trainjob(team, "bomb", "shipped", trainer=trainer), "--dry-run=server")

    assert "model.lora_attn_modules" in said
    assert "it has to be a list" in said
    assert len(said) < 10_000
    assert time.monotonic() - started < LAST_TOKEN_S
    assert "created" in create(operator, trainjob(team, "next"), "--dry-run=server")
    assert operator.restarts() == before


def test_a_runtime_is_named_and_not_looked_for_by_a_path(operator: Installation, team: str) -> None:
    for name in (f"../../{team}/trainingruntimes/{RUNTIME}", "../../../../api/v1/namespaces/hr/configmaps/pay", "a?b"):
        said = create(operator, trainjob(team, "elsewhere", name))
        assert "spec.runtimeRef.name" in said
        assert "Field required" not in said
        assert "created" not in said


def test_a_snapshot_that_the_tenant_wrote_is_not_believed(operator: Installation, kube: Kube, team: str) -> None:
    evil = shipped_runtime(team, RUNTIME)
    for step in evil["spec"]["template"]["spec"]["replicatedJobs"]:
        step["template"]["spec"]["template"]["spec"]["hostPID"] = True
    for name, text in (("first", evil), ("bomb", doubling(11))):
        assert "created" in create(operator, config_map(team, name, text))
        assert "created" in create(operator, trainjob(team, name))
        await_condition(kube, team, name, "Stalled")
        owner = {
            "apiVersion": "trainer.kubeflow.org/v1alpha1",
            "kind": "TrainJob",
            "name": name,
            "uid": kube.get("TrainJob", team, name)["metadata"]["uid"],
            "controller": True,
        }
        patch = json.dumps({"metadata": {"ownerReferences": [owner]}})
        snapshot = f"configmap/{name}-runtime-snapshot"
        operator.kubectl("patch", snapshot, f"--namespace={team}", f"--as={TENANT}", "--type=merge", f"--patch={patch}")
    operator.kubectl("delete", "pods", "--all", f"--namespace={SYSTEM}", "--wait")
    operator.await_rollout()

    for name in ("first", "bomb"):
        stalled = await_condition(kube, team, name, "Stalled")
        assert stalled["reason"] == "ChildConflict"
        assert f"{name}-runtime-snapshot" in stalled["message"]
    assert kube.list("Job", team) == []
    assert set(operator.restarts().values()) == {0}

    for name in ("first", "bomb"):
        operator.kubectl("delete", f"configmap/{name}-runtime-snapshot", f"--namespace={team}", f"--as={TENANT}")
    eventually(lambda: len(kube.list("Job", team)) >= 4)
    written = kube.get("ConfigMap", team, "first-runtime-snapshot")
    assert written["immutable"] is True
    assert "hostPID" not in written["data"]["runtime"]


def test_a_lease_of_the_tenants_keeps_no_replica_down(operator: Installation, kube: Kube, team: str) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for number, time_ in enumerate((now, "2099-01-01T00:00:00.000000Z")):
        spec = {"holderIdentity": "peer-0", "leaseDurationSeconds": 2147483647 if number else 3600, "renewTime": time_}
        metadata = {"name": "trainer.kubeflow.org", "namespace": team}
        body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
        assert "created" in create(operator, body)
        operator.kubectl("rollout", "restart", f"deployment/{RELEASE}", f"--namespace={SYSTEM}")
        operator.await_rollout()
        kube.delete("Lease", team, "trainer.kubeflow.org")
    assert set(operator.restarts().values()) == {0}
