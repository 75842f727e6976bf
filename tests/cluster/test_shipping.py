"""Installed as users install it, by Helm and by kubectl, in namespaces that enforce Pod Security `restricted`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, binaries, images
from tests.devcluster.cache import ROOT
from tests.devcluster.packages import output_of

CHART = ROOT / "manifests" / "chart"
BASE = ROOT / "manifests" / "base"
CRDS = ROOT / "crds"
KINDS = ("trainjobs", "trainingruntimes", "clustertrainingruntimes")
CRD_NAMES = [f"{kind}.trainer.kubeflow.org" for kind in KINDS]
USERS = "shipping-users"
SYSTEM = "trainjob-operator-system"
RELEASE = "trainjob-operator"
# Not --for=condition: in the first moment there is no list of conditions yet, which kubectl takes for an error.
ESTABLISHED = '--for=jsonpath={.status.conditions[?(@.type=="Established")].status}=True'
STEP = "open('/workspace/{name}', 'x').close()"
TRAINER = "import os; assert set(os.listdir('/workspace')) >= {'dataset', 'model'}"


@dataclass(frozen=True, slots=True)
class Installation:
    """The cluster, with nothing of ours in it at first."""

    cluster: Cluster

    def kubectl(self, *args: str, text: str | None = None) -> str:
        return self.cluster.kubectl(*args, text=text)

    def helm(self, *args: str) -> str:
        return output_of(
            binaries.tools() / "helm", f"--kubeconfig={self.cluster.kubeconfig}", f"--namespace={SYSTEM}", *args
        )

    def has(self, *what: str) -> bool:
        return bool(self.kubectl("get", *what, "--ignore-not-found", "--output=name"))

    def fields_of_trainjob_spec(self) -> set[str]:
        crd = json.loads(self.kubectl("get", "crd", CRD_NAMES[0], "--output=json"))
        [version] = crd["spec"]["versions"]
        return set(version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"])

    def age_the_crd(self, field: str) -> None:
        """Take a field away from the TrainJob's schema, as if the CRD came from an older version."""
        crd = yaml.safe_load((CRDS / "trainer.kubeflow.org_trainjobs.yaml").read_text())
        [version] = crd["spec"]["versions"]
        del version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"][field]
        how = ("--server-side", "--force-conflicts", "--field-manager=helm")
        self.kubectl("apply", *how, "--filename=-", text=json.dumps(crd))
        assert field not in self.fields_of_trainjob_spec()

    def remove_everything(self) -> None:
        if self.helm("list", "--short", "--all-namespaces").split() == [RELEASE]:
            self.helm("uninstall", RELEASE, "--wait")
        self.kubectl("delete", "namespace", USERS, SYSTEM, "--ignore-not-found", "--wait")
        roles = [f"--selector=app.kubernetes.io/name={RELEASE}", "--ignore-not-found"]
        self.kubectl("delete", "clusterrole,clusterrolebinding", *roles)
        self.kubectl("delete", "crd", *CRD_NAMES, "--ignore-not-found", "--wait")


@pytest.fixture
def fresh(cluster: Cluster) -> Iterator[Installation]:
    cluster.load(images.build("operator"))
    installation = Installation(cluster)
    installation.remove_everything()
    for namespace in (USERS, SYSTEM):
        installation.kubectl("create", "namespace", namespace)
        installation.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    yield installation
    installation.remove_everything()


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
        "wait", "--for=condition=Complete", f"trainjob/{name}", f"--namespace={USERS}", "--timeout=120s"
    )


def assert_two_replicas_and_one_leader(installation: Installation) -> None:
    installation.kubectl("rollout", "status", f"deployment/{RELEASE}", f"--namespace={SYSTEM}", "--timeout=120s")
    eventually(lambda: len(replicas_of(installation)) == 2)  # one that was replaced takes its time to go
    eventually(lambda: f"pod/{holder_of_lease(installation)}" in replicas_of(installation))


def replicas_of(installation: Installation) -> list[str]:
    return installation.kubectl("get", "pods", f"--namespace={SYSTEM}", "--output=name").split()


def holder_of_lease(installation: Installation) -> str:
    holder = ("get", "lease", RELEASE, f"--namespace={SYSTEM}", "--output=jsonpath={.spec.holderIdentity}")
    return installation.kubectl(*holder)


def assert_trainjob_can_be_deleted(installation: Installation, name: str) -> None:
    """Delete a TrainJob while no operator is there; the garbage collector takes what it owned."""
    children = [f"job/{name}-{step}-0" for step in ("dataset-initializer", "model-initializer", "node")]
    children += [f"service/{name}", f"pvc/initializer-{name}", f"configmap/{name}-runtime-snapshot"]
    assert all(installation.has(child, f"--namespace={USERS}") for child in children)
    installation.kubectl("delete", "trainjob", name, f"--namespace={USERS}", "--timeout=30s")
    installation.kubectl("wait", "--for=delete", *children, f"--namespace={USERS}", "--timeout=60s")


def test_helm_installs_upgrades_and_uninstalls(fresh: Installation) -> None:
    fresh.helm("install", RELEASE, str(CHART), "--wait", "--timeout=3m")
    assert_two_replicas_and_one_leader(fresh)
    train(fresh, "before")

    fresh.age_the_crd("activeDeadlineSeconds")
    fresh.helm("upgrade", RELEASE, str(CHART), "--wait", "--timeout=3m", "--set=podAnnotations.restarted=yes")
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
    fresh.age_the_crd("activeDeadlineSeconds")

    fresh.helm("install", RELEASE, str(CHART), "--set=replicas=0", "--timeout=3m")

    assert "activeDeadlineSeconds" in fresh.fields_of_trainjob_spec()


def test_kubectl_installs_in_two_steps(fresh: Installation) -> None:
    fresh.kubectl("apply", "--server-side", "--kustomize", str(CRDS))
    fresh.kubectl("wait", ESTABLISHED, *(f"crd/{name}" for name in CRD_NAMES), "--timeout=30s")
    fresh.kubectl("apply", "--server-side", "--kustomize", str(BASE))
    assert_two_replicas_and_one_leader(fresh)
    train(fresh, "tiny")

    fresh.kubectl("delete", "--kustomize", str(BASE), "--wait")
    assert_trainjob_can_be_deleted(fresh, "tiny")
