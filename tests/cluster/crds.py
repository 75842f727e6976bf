"""The CRDs on a cluster, objects of theirs, and the API server spoken to without a client that would change them."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from tests.devcluster import Cluster
from tests.devcluster.cache import ROOT
from tests.devcluster.errors import DevclusterError

FILES = sorted((ROOT / "crds").glob("trainer.kubeflow.org_*.yaml"))
NAMES = [yaml.safe_load(file.read_text())["metadata"]["name"] for file in FILES]
_GROUP = "/apis/trainer.kubeflow.org/v1alpha1"

Body = dict[str, Any]


def install(cluster: Cluster) -> None:
    """Apply the CRDs, whichever are there, and wait until they are served."""
    files = (f"--filename={file}" for file in FILES)
    cluster.kubectl("apply", "--server-side", "--force-conflicts", *files)
    # Not --for=condition: in the first moment there is no list of conditions yet, which kubectl takes for an error.
    established = '--for=jsonpath={.status.conditions[?(@.type=="Established")].status}=True'
    cluster.kubectl("wait", "crd", *NAMES, established, "--timeout=240s")


@dataclass(frozen=True, slots=True)
class Api:
    """Custom resources in one namespace; JSON goes out as it stands."""

    cluster: Cluster
    namespace: str

    def create(self, body: Body, *, stored: bool = True) -> Body:
        plural = f"{body['kind'].lower()}s"
        scope = "" if plural == "clustertrainingruntimes" else f"/namespaces/{self.namespace}"
        query = "fieldValidation=Strict" if stored else "fieldValidation=Strict&dryRun=All"
        answer: Body = json.loads(
            self.cluster.kubectl(
                "create", f"--raw={_GROUP}{scope}/{plural}?{query}", "--filename=-", text=json.dumps(body)
            )
        )
        return answer

    def refuse(self, body: Body) -> str:
        """Give the words in which the API server refuses to create this."""
        with pytest.raises(DevclusterError) as refusal:
            self.create(body, stored=False)
        return str(refusal.value)

    def get(self, kind: str, name: str) -> Body:
        answer: Body = json.loads(
            self.cluster.kubectl("get", kind, name, f"--namespace={self.namespace}", "--output=json")
        )
        return answer

    def refuse_patch(self, kind: str, name: str, patch: Body, *options: str) -> str:
        with pytest.raises(DevclusterError) as refusal:
            self.patch(kind, name, patch, "--dry-run=server", *options)
        return str(refusal.value)

    def patch(self, kind: str, name: str, patch: Body, *options: str) -> None:
        where = f"--namespace={self.namespace}"
        self.cluster.kubectl("patch", kind, name, where, "--type=merge", f"--patch={json.dumps(patch)}", *options)


def trainjob(name: str = "job", **spec: object) -> Body:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name},
        "spec": {"runtimeRef": {"name": "tiny"}, **spec},
    }


def patched(manager: str = "acme.io/queue", **pod: object) -> Body:
    """Give a TrainJob with one runtime patch, of the pods of the replicated job ``node``."""
    job = {"name": "node", "template": {"spec": {"template": {"spec": pod}}}}
    template = {"spec": {"replicatedJobs": [job]}}
    return trainjob(runtimePatches=[{"manager": manager, "trainingRuntimeSpec": {"template": template}}])


def replicated_job(name: str, **more: object) -> Body:
    pod = {"containers": [{"name": name, "image": "example.com/image:1"}]}
    return {"name": name, "template": {"spec": {"template": {"spec": pod}}}, **more}


def runtime(kind: str = "TrainingRuntime", *, policy: Body | None = None, **jobset: object) -> Body:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": kind,
        "metadata": {"name": "tiny", "labels": {"trainer.kubeflow.org/framework": "torchtune"}},
        "spec": {
            "mlPolicy": {"numNodes": 1, "torch": {}} if policy is None else policy,
            "template": {"spec": {"replicatedJobs": [replicated_job("node")], **jobset}},
        },
    }
