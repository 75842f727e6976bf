"""The status endpoint from where trainers are: a pod with a token of its own."""

import base64
import json
from collections.abc import Iterator

import pytest
from tests.cluster.installation import SYSTEM, Installation, installed
from tests.cluster.kube import Body, Kube
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, base_images

GROUP = "trainer.kubeflow.org/v1alpha1"
FOLDER = "/var/run/secrets/kubeflow/trainer"
STATUS = {
    "progressPercentage": 40,
    "estimatedRemainingSeconds": 600,
    "metrics": [{"name": "loss", "value": "0.5"}],
    "lastUpdatedTime": "2026-01-01T00:00:00.123456Z",
}
SCRIPT = """
import json, ssl, sys, urllib.error, urllib.request
tls = ssl.create_default_context(cafile="{folder}/ca.crt")
status = json.loads('''{status}''')

def send(url, token, report, method="POST"):
    headers = {{"Authorization": "Bearer " + open("{folder}/" + token).read()}}
    request = urllib.request.Request(url, json.dumps(report).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request, context=tls, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)

url, other = sys.argv[1:]
print(json.dumps({{
    "good": send(url, "token", {{"trainerStatus": status}}),
    "wrong audience": send(url, "stranger", {{"trainerStatus": status}}),
    "another TrainJob": send(url.replace("/tune/", "/other/"), "token", {{"trainerStatus": status}}),
    "too large": send(url, "token", {{"trainerStatus": status, "padding": "x" * 65536}}),
    "no time": send(url, "token", {{"trainerStatus": {{"progressPercentage": 1}}}}),
    "out of range": send(url, "token", {{"trainerStatus": status | {{"progressPercentage": 101}}}}),
    "another method": send(url, "token", {{}}, "PUT"),
    "no progress": send(url, "token", {{"trainerStatus": status, "progress": {{"phase": "training", "step": "1"}}}}),
    "progress": send(url, "token", {{"trainerStatus": status, "progress": {{"phase": "training", "step": 4}}}}),
    "Kubeflow's name": send(other, "token", {{"trainerStatus": status | {{"progressPercentage": 41}}}}),
}}))
"""


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> Iterator[Installation]:
    with installed(cluster) as installation:
        yield installation


def trainer(namespace: str, **labels: str) -> Body:
    """Make a pod as the trainer's: with a token for the TrainJob `tune`, and the CA."""
    audience = f"{GROUP}/namespaces/{namespace}/trainjobs/tune/status"
    tokens = [
        {"serviceAccountToken": {"audience": wanted, "expirationSeconds": 3600, "path": path}}
        for wanted, path in ((audience, "token"), (f"{audience}x", "stranger"))
    ]
    urls = [
        f"https://{service}.{SYSTEM}.svc:10443/apis/{audience}"
        for service in ("trainjob-operator", "kubeflow-trainer-controller-manager")
    ]
    ca = {"configMap": {"name": "ca", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}
    container = {
        "name": "node",
        "image": base_images.PYTHON,
        "command": ["python3", "-c", SCRIPT.format(folder=FOLDER, status=json.dumps(STATUS)), *urls],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "token", "mountPath": FOLDER, "readOnly": True}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "trainer",
            "namespace": namespace,
            "labels": {f"jobset.sigs.k8s.io/jobset-{name}": value for name, value in labels.items()},
        },
        "spec": {
            "restartPolicy": "Never",
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "fsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [{"name": "token", "projected": {"sources": [*tokens, ca]}}],
        },
    }


def answers_to_a_pod(operator: Installation, kube: Kube, namespace: str, **labels: str) -> dict[str, tuple[int, Body]]:
    """Run a pod with these labels to its end, and give what it was answered."""
    bundle = base64.b64decode(kube.get("Secret", SYSTEM, "kubeflow-trainer-webhook-cert")["data"]["ca.crt"]).decode()
    metadata = {"name": "ca", "namespace": namespace}
    kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ca.crt": bundle}})
    kube.create(trainer(namespace, **labels))
    eventually(lambda: kube.get("Pod", namespace, "trainer")["status"]["phase"] in {"Succeeded", "Failed"})
    said = operator.kubectl("logs", "trainer", f"--namespace={namespace}")
    return {name: (code, body) for name, (code, body) in json.loads(said.splitlines()[-1]).items()}


def test_a_trainer_reports_and_others_cannot(operator: Installation, kube: Kube, namespace: str) -> None:
    kube.create(stub_runtime(namespace))
    kube.create(trainjob(namespace, "tune", suspend=True))
    eventually(lambda: kube.get("TrainJob", namespace, "tune").get("status", {}).get("conditions"))

    uid = kube.get("TrainJob", namespace, "tune")["metadata"]["uid"]

    answers = answers_to_a_pod(operator, kube, namespace, name="tune", uid=uid)

    assert {name: (code, body.get("reason")) for name, (code, body) in answers.items()} == {
        "good": (200, None),
        "wrong audience": (403, "Forbidden"),
        "another TrainJob": (403, "Forbidden"),
        "too large": (413, "RequestEntityTooLarge"),
        "no time": (422, "Invalid"),
        "out of range": (422, "Invalid"),
        "another method": (404, "NotFound"),
        "no progress": (422, "Invalid"),
        "progress": (200, None),
        "Kubeflow's name": (200, None),
    }
    assert answers["good"][1] == {"trainerStatus": STATUS}
    assert "lastUpdatedTime is required when trainerStatus is present" in answers["no time"][1]["message"]
    job = kube.get("TrainJob", namespace, "tune")
    assert "progress.step: Input should be a valid integer" in answers["no progress"][1]["message"]
    assert job["status"]["trainerStatus"] == STATUS | {"progressPercentage": 41}
    assert job["status"]["progress"] == {"phase": "training", "step": 4, "summary": "41%"}, "it is suspended"
    [_, shown] = operator.kubectl("get", "trainjob", "tune", f"--namespace={namespace}").splitlines()
    assert " 41% " in shown
    managers = {each["manager"] for each in job["metadata"]["managedFields"] if each.get("subresource") == "status"}
    assert {"trainer-status", "trainer-progress"} <= managers
    assert job["status"]["conditions"], "the operator's part of the status stays"


def test_a_pod_of_another_trainjob_cannot(operator: Installation, kube: Kube, namespace: str) -> None:
    kube.create(stub_runtime(namespace))
    kube.create(trainjob(namespace, "tune", suspend=True))
    other = kube.create(trainjob(namespace, "other", suspend=True))["metadata"]["uid"]
    eventually(lambda: kube.get("TrainJob", namespace, "tune").get("status", {}).get("conditions"))

    answers = answers_to_a_pod(operator, kube, namespace, name="other", uid=other)

    assert {code for code, _ in answers.values()} == {403, 404}
    assert answers["another method"][0] == 404
    assert "Only a pod of the TrainJob may report" in answers["good"][1]["message"]
    assert "trainerStatus" not in kube.get("TrainJob", namespace, "tune")["status"]


def test_a_trainjob_that_is_not_there_is_not_made(operator: Installation, kube: Kube, namespace: str) -> None:
    answers = answers_to_a_pod(operator, kube, namespace, name="tune", uid="a-uid")

    assert (answers["good"][0], answers["good"][1]["message"]) == (404, "Train job not found")
    assert kube.list("TrainJob", namespace) == []
