"""Installed as users install it, by Helm and by kubectl, in namespaces that enforce Pod Security `restricted`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.cluster.installation import (
    BASE,
    CHART,
    CRD_NAMES,
    CRDS,
    RELEASE,
    SYSTEM,
    USERS,
    Installation,
    fresh_namespaces,
)
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, images
from tests.devcluster.cache import ROOT

STEP = "open('/workspace/{name}', 'x').close()"
TRAINER = "import os; assert set(os.listdir('/workspace')) >= {'dataset', 'model'}"


@pytest.fixture
def fresh(cluster: Cluster) -> Iterator[Installation]:
    with fresh_namespaces(cluster) as installation:
        yield installation


def tiny_runtime() -> dict[str, Any]:
    """Give the shipped runtime, hardening and all, with containers that only look whether the volume is shared."""
    runtime: dict[str, Any] = yaml.safe_load((ROOT / "runtimes" / "torchtune-smollm2-135m.yaml").read_text())
    runtime["kind"] = "TrainingRuntime"
    runtime["metadata"] |= {"name": "tiny", "namespace": USERS}
    for step in runtime["spec"]["template"]["spec"]["replicatedJobs"]:
        [container] = step["template"]["spec"]["template"]["spec"]["containers"]
        script = TRAINER if step["name"] == "node" else STEP.format(name=step["name"].removesuffix("-initializer"))
        container |= {
            "image": images.reference("operator"),
            "command": ["/opt/venv/bin/python", "-c", script],
            "args": [],
        }
    return runtime


def train(installation: Installation, name: str) -> None:
    """Run a TrainJob to its end."""
    trainjob = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name, "namespace": USERS},
        "spec": {"runtimeRef": {"kind": "TrainingRuntime", "name": "tiny"}},
    }
    documents = [json.dumps(tiny_runtime()), json.dumps(trainjob)]
    installation.kubectl("apply", "--server-side", "--filename=-", text="\n---\n".join(documents))
    installation.kubectl(
        "wait", "--for=condition=Complete", f"trainjob/{name}", f"--namespace={USERS}", "--timeout=240s"
    )


def assert_two_replicas_and_one_leader(installation: Installation) -> None:
    installation.await_rollout()
    installation.await_webhooks()
    eventually(lambda: is_led_by_one_of_two(installation))  # old pods go on to answer for some seconds


def is_led_by_one_of_two(installation: Installation) -> bool:
    pods = installation.kubectl("get", "pods", f"--namespace={SYSTEM}", "--output=name").split()
    lease = json.loads(installation.kubectl("get", "lease", RELEASE, f"--namespace={SYSTEM}", "--output=json"))
    return len(pods) == 2 and f"pod/{lease['spec']['holderIdentity']}" in pods


def assert_trainjob_can_be_deleted(installation: Installation, name: str) -> None:
    """Delete a TrainJob while no operator is there; the garbage collector takes what it owned."""
    children = [f"job/{name}-{step}-0" for step in ("dataset-initializer", "model-initializer", "node")]
    children += [f"service/{name}", f"pvc/initializer-{name}", f"configmap/{name}-runtime-snapshot"]
    assert all(installation.has(child, f"--namespace={USERS}") for child in children)
    installation.kubectl("delete", "trainjob", name, f"--namespace={USERS}", "--timeout=30s")
    installation.kubectl("wait", "--for=delete", *children, f"--namespace={USERS}", "--timeout=240s")


def test_helm_installs_upgrades_and_uninstalls(fresh: Installation) -> None:
    fresh.helm("install", RELEASE, str(CHART), "--wait", "--timeout=8m")
    assert_two_replicas_and_one_leader(fresh)
    train(fresh, "before")

    fresh.age_the_crd("activeDeadlineSeconds")
    fresh.helm("upgrade", RELEASE, str(CHART), "--wait", "--timeout=8m", "--set=podAnnotations.restarted=yes")
    assert "activeDeadlineSeconds" in fresh.fields_of_trainjob_spec()
    assert not fresh.has(f"job/{RELEASE}-crds", f"serviceaccount/{RELEASE}-crds", f"--namespace={SYSTEM}")
    assert_two_replicas_and_one_leader(fresh)
    train(fresh, "after")

    fresh.helm("uninstall", RELEASE, "--wait")
    assert not fresh.has("clustertrainingruntimes")
    assert fresh.has("crd", *CRD_NAMES)
    assert_trainjob_can_be_deleted(fresh, "before")
    assert_trainjob_can_be_deleted(fresh, "after")


def test_helm_install_brings_crds_that_an_older_release_left_up_to_date(fresh: Installation) -> None:
    fresh.kubectl("apply", "--server-side", "--kustomize", str(CRDS))
    fresh.age_the_crd("activeDeadlineSeconds")

    # Helm 4 would apply its own copies first, and refuse to take fields from whoever applied the older ones.
    fresh.helm("install", RELEASE, str(CHART), "--skip-crds", "--set=replicas=0", "--timeout=8m")

    assert "activeDeadlineSeconds" in fresh.fields_of_trainjob_spec()


def test_kubectl_installs_in_two_steps(fresh: Installation) -> None:
    fresh.kubectl("apply", "--server-side", "--kustomize", str(CRDS))
    eventually(fresh.serves_our_kinds)
    fresh.kubectl("apply", "--server-side", "--kustomize", str(BASE))
    assert_two_replicas_and_one_leader(fresh)
    train(fresh, "tiny")

    fresh.kubectl("delete", "--kustomize", str(BASE), "--wait")
    assert_trainjob_can_be_deleted(fresh, "tiny")
