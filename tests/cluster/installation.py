"""The operator as users install it, and what they would say to the cluster."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, binaries, images
from tests.devcluster.cache import ROOT
from tests.devcluster.errors import DevclusterError
from tests.devcluster.packages import output_of

CHART = ROOT / "manifests" / "chart"
BASE = ROOT / "manifests" / "base"
CRDS = ROOT / "crds"
KINDS = ("trainjobs", "trainingruntimes", "clustertrainingruntimes")
CRD_NAMES = [f"{kind}.trainer.kubeflow.org" for kind in KINDS]
SYSTEM = "trainjob-operator-system"
RELEASE = "trainjob-operator"
SCHEMA = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties"
USERS = "shipping-users"
PUBLIC = "kubeflow-system"
_ON_NO_RUNTIME = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1",
    "kind": "TrainJob",
    "metadata": {"name": "probe", "namespace": "default"},
    "spec": {"runtimeRef": {"name": "there-is-none"}},
}


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

    def serves_our_kinds(self) -> bool:
        """Tell whether the CRDs are established. `kubectl wait` fails as long as there are no conditions at all."""
        crds = json.loads(self.kubectl("get", "crd", *CRD_NAMES, "--output=json"))["items"]
        conditions = [condition for crd in crds for condition in crd.get("status", {}).get("conditions") or ()]
        return [each["status"] for each in conditions if each["type"] == "Established"] == ["True"] * len(CRD_NAMES)

    def age_the_crd(self, field: str) -> None:
        """Take a field away from the TrainJob's schema, as if the CRD came from an older version."""
        patch = [{"op": "remove", "path": f"{SCHEMA}/{field}"}]
        self.kubectl("patch", "crd", CRD_NAMES[0], "--type=json", f"--patch={json.dumps(patch)}")
        assert field not in self.fields_of_trainjob_spec()

    def remove_everything(self) -> None:
        if self.helm("list", "--short", "--all-namespaces").split() == [RELEASE]:
            self.helm("uninstall", RELEASE, "--wait")
        ours = [f"--selector=app.kubernetes.io/name={RELEASE}", "--ignore-not-found"]
        self.kubectl("delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", *ours)
        self.kubectl("delete", "namespace", USERS, SYSTEM, PUBLIC, "--ignore-not-found", "--wait")
        self.kubectl("delete", "clusterrole,clusterrolebinding", *ours)
        self.kubectl("delete", "crd", *CRD_NAMES, "--ignore-not-found", "--wait")

    def await_rollout(self) -> None:
        self.kubectl("rollout", "status", f"deployment/{RELEASE}", f"--namespace={SYSTEM}", "--timeout=300s")

    def await_webhooks(self) -> None:
        """Wait until kube-proxy knows where the webhooks are, which takes a moment after the pods are ready."""
        eventually(lambda: "failed calling webhook" not in self._refusal())

    def pass_over(self, label: str) -> None:
        """Have the webhooks pass over the namespaces that carry a label."""
        selector = {"matchExpressions": [{"key": label, "operator": "DoesNotExist"}]}
        for kind in ("mutatingwebhookconfiguration", "validatingwebhookconfiguration"):
            webhooks = json.loads(self.kubectl("get", kind, RELEASE, "--output=json"))["webhooks"]
            paths = [f"/webhooks/{number}/namespaceSelector" for number in range(len(webhooks))]
            patch = json.dumps([{"op": "add", "path": path, "value": selector} for path in paths])
            self.kubectl("patch", kind, RELEASE, "--type=json", f"--patch={patch}")

    def restarts(self) -> dict[str, int]:
        """Count the restarts of the operator, by pod."""
        pods = json.loads(self.kubectl("get", "pods", f"--namespace={SYSTEM}", "--output=json"))["items"]
        return {
            pod["metadata"]["name"]: sum(each["restartCount"] for each in pod["status"]["containerStatuses"])
            for pod in pods
        }

    def _refusal(self) -> str:
        try:
            self.kubectl("create", "--dry-run=server", "--filename=-", text=json.dumps(_ON_NO_RUNTIME))
        except DevclusterError as error:
            return str(error)
        raise AssertionError("a TrainJob without a runtime was let through")


@contextmanager
def fresh_namespaces(cluster: Cluster) -> Iterator[Installation]:
    """Give a cluster with nothing of ours in it but the namespaces, which enforce Pod Security `restricted`."""
    cluster.load(images.build("operator"))
    installation = Installation(cluster)
    installation.remove_everything()
    for namespace in (USERS, SYSTEM):
        installation.kubectl("create", "namespace", namespace)
        installation.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    yield installation
    installation.remove_everything()


@contextmanager
def installed(cluster: Cluster, *options: str) -> Iterator[Installation]:
    """Give a cluster into which Helm has installed the operator."""
    with fresh_namespaces(cluster) as installation:
        installation.helm("install", RELEASE, str(CHART), "--wait", "--timeout=8m", *options)
        installation.await_webhooks()
        yield installation
