"""Kueue's own controller queues, starts, preempts and requeues TrainJobs of the true shape, our own fields and all."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.cluster.installation import Installation, installed
from tests.cluster.kube import Body, Kube, RefusedError
from tests.cluster.queues import (
    FLAVOR,
    HIGH,
    LOW,
    POOL,
    TOLERATION,
    kueue_installed,
    make_queue,
    queued,
    states_of,
)
from tests.cluster.stub import STEPS, container_of, pod_of, replace_program, shipped_runtime, trainjob
from tests.cluster.trainjobs import await_complete, conditions_of
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, base_images

JOBSET_CRD = "jobsets.jobset.x-k8s.io"
RUNTIME = "torchtune-tiny-1b"
PROGRAMS = "stand-ins"
# What the trainer's image would bring: trains for a while, and goes on from there after an interruption.
TUNE = r"""#!/bin/sh
trap 'exit 143' TERM
if [ -n "$TRAINS" ] && mkdir /workspace/begun; then sleep "$TRAINS" & wait $!; fi
"""


def runtime(namespace: str) -> Body:
    """Make the shipped runtime with initializers that end at once and a stand-in for `tune`."""
    body = shipped_runtime(namespace, RUNTIME)
    for step in STEPS[:2]:
        replace_program(body, step, ["true"])
    trainer, pod = container_of(body, "node"), pod_of(body, "node")
    trainer["image"] = base_images.PYTHON
    trainer["volumeMounts"].append({"name": PROGRAMS, "mountPath": "/usr/local/sbin", "readOnly": True})
    pod["volumes"].append({"name": PROGRAMS, "configMap": {"name": PROGRAMS, "defaultMode": 0o555}})
    return body


def plain(namespace: str, name: str, *, seconds: int = 0) -> Body:
    """Make a TrainJob as the SDK does, with variables that may be empty; it trains so long."""
    env = [{"name": "TRAINS", "value": str(seconds or "")}, {"name": "EMPTY", "value": ""}]
    return trainjob(namespace, name, RUNTIME, trainer={"command": ["tune", "run"], "args": ["epochs=1"], "env": env})


def full(namespace: str, name: str, *, seconds: int) -> Body:
    """Make one that also uses what the Go types in Kueue do not know, and writes things as Go would not."""
    body = plain(namespace, name, seconds=seconds)
    body["spec"] |= {
        "activeDeadlineSeconds": 3600,
        "preRunningDeadlineSeconds": 1800,
        "ttlSecondsAfterFinished": 3600,
        "podTemplateOverrides": [{"targetJobs": [{"name": "node"}], "metadata": {"labels": {"team": "a"}}}],
    }
    body["spec"]["trainer"] |= {"resourcesPerNode": {"requests": {"cpu": "0.1"}, "limits": {"nvidia.com/gpu": 1}}}
    return body


@dataclass(frozen=True, slots=True)
class Team:
    """A namespace with a queue."""

    cluster: Cluster
    kube: Kube
    namespace: str

    def submit(self, body: Body, priority: str) -> Body:
        """Create a TrainJob in the queue, as soon as Kueue has seen its runtime and its queue."""

        def create() -> Body:
            try:
                return self.kube.create(queued(body, priority))
            except RefusedError as refusal:
                if "not found" not in str(refusal):
                    raise
                return {}

        return eventually(create)

    def get(self, name: str) -> Body:
        return self.kube.get("TrainJob", self.namespace, name)

    def pods(self, name: str, *steps: str) -> list[Body]:
        """List the pods of a TrainJob that run one of these steps."""
        of_steps = f"jobset.sigs.k8s.io/replicatedjob-name in ({','.join(steps)})"
        return self.kube.list("Pod", self.namespace, labelSelector=f"jobset.sigs.k8s.io/jobset-name={name},{of_steps}")

    def jobs(self, name: str) -> list[tuple[str, str | None]]:
        """Give UID, and the time of the end if it is an initializer, of each Job of a TrainJob."""
        jobs = [self.kube.get("Job", self.namespace, f"{name}-{step}-0") for step in STEPS]
        ended = [job["status"].get("completionTime") for job in jobs[:-1]]
        return list(zip([job["metadata"]["uid"] for job in jobs], [*ended, None], strict=True))

    def waits(self, name: str) -> bool:
        """Tell whether a TrainJob has said that it is suspended, and holds nothing."""
        job = self.get(name)
        running = [pod for pod in self.pods(name, *STEPS) if pod["status"]["phase"] in {"Pending", "Running"}]
        is_suspended = job["spec"]["suspend"] and "Suspended" in conditions_of(self.kube, self.namespace, name)
        return is_suspended and not running and "Admitted" not in states_of(self.cluster, job)

    def trains(self, name: str) -> bool:
        """Tell whether the trainer's pod runs, and Kueue has seen all pods ready."""
        pods = self.pods(name, "node")
        is_running = [pod["status"]["phase"] for pod in pods] == ["Running"]
        return is_running and {"Admitted", "PodsReady"} <= states_of(self.cluster, self.get(name))

    def await_finished(self, name: str) -> None:
        await_complete(self.kube, self.namespace, name)
        eventually(lambda: "Finished" in states_of(self.cluster, self.get(name)))


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> Iterator[Installation]:
    with installed(cluster, "--set=crds.jobset=true,runtimes.enabled=false") as installation:
        yield installation
    cluster.kubectl("delete", "crd", JOBSET_CRD)


@pytest.fixture(scope="module")
def queue(operator: Installation) -> Iterator[Cluster]:
    """Kueue, beside the operator; the nodes of its only flavor."""
    cluster = operator.cluster
    nodes = cluster.spec.node_names()
    cluster.kubectl("label", "node", nodes[-1], f"{POOL}={FLAVOR}")
    with kueue_installed(cluster):
        yield cluster
    cluster.kubectl("label", "node", nodes[-1], f"{POOL}-")


@pytest.fixture
def team(queue: Cluster, kube: Kube, namespace: str) -> Team:
    program = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"tune": TUNE}}
    kube.create({**program, "metadata": {"name": PROGRAMS, "namespace": namespace}})
    kube.create(runtime(namespace))
    make_queue(queue, namespace)
    return Team(queue, kube, namespace)


def test_trainjobs_wait_start_are_preempted_and_go_on(team: Team) -> None:
    first = team.submit(full(team.namespace, "first", seconds=600), LOW)
    eventually(lambda: team.trains("first"))
    [trainer] = team.pods("first", "node")
    assert trainer["spec"]["nodeSelector"][POOL] == FLAVOR
    assert TOLERATION in trainer["spec"]["tolerations"]
    labels = trainer["metadata"]["labels"]
    assert (labels["kueue.x-k8s.io/podset"], labels["team"]) == ("node", "a")
    jobs = team.jobs("first")

    second = team.submit(plain(team.namespace, "second"), LOW)
    eventually(lambda: team.waits("second"))
    assert team.trains("first")

    urgent = team.submit(plain(team.namespace, "urgent", seconds=15), HIGH)
    eventually(lambda: team.trains("urgent"))
    assert team.waits("first")
    assert not team.pods("first", "node")
    assert team.waits("second")

    for one in (urgent, first, second):
        team.await_finished(one["metadata"]["name"])
        assert own_part(team.get(one["metadata"]["name"])) == own_part(one)
    assert team.jobs("first") == jobs, "suspended in place; what was initialized stays so"
    assert len(team.pods("first", *STEPS)) == len(STEPS)


def own_part(trainjob: Body) -> Body:
    """Give what a user writes into the specification, and no update may change."""
    return {name: value for name, value in trainjob["spec"].items() if name not in {"suspend", "runtimePatches"}}
