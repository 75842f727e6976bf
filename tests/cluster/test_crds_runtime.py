"""Runtimes on a real API server: what is kept as it was sent, and what is refused."""

from pathlib import Path

import pytest
import yaml
from tests.cluster.crds import Api, Body, install, replicated_job, runtime
from tests.devcluster import Cluster
from tests.devcluster.cache import ROOT


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Api:
    install(cluster)
    return Api(cluster, "default")


@pytest.fixture
def own(api: Api, namespace: str) -> Api:
    return Api(api.cluster, namespace)


def injected(containers: list[str]) -> Body:
    targets = [{"jobName": "node", "containerNames": containers}]
    return runtime(policy={"torch": {"envInjection": {"targets": targets}}})


def claim(**template: object) -> Body:
    return runtime(volumeClaimPolicies=[{"templates": [{"metadata": {"name": "a"}, "spec": {}, **template}]}])


def pod(**fields: object) -> Body:
    job = replicated_job("node")
    job["template"]["spec"]["template"]["spec"] |= fields
    return runtime(replicatedJobs=[job])


def container(**fields: object) -> Body:
    return pod(containers=[{"name": "node", "image": "example.com/image:1", **fields}])


DEPENDENT = replicated_job("b", dependsOn=[{"name": "a", "status": "Complete"}])
REFUSED_RUNTIMES: dict[str, tuple[Body, str]] = {
    "no spec": ({**runtime(), "spec": None}, "spec: Required value"),
    "an empty spec": ({**runtime(), "spec": {}}, "spec in body should have at least 1 properties"),
    "an empty template": (
        {**runtime(), "spec": {"template": {}}},
        "spec.template in body should have at least 1 properties",
    ),
    "two frameworks": (runtime(policy={"torch": {}, "jax": {}}), "Only one of the policy can be configured"),
    "fewer nodes than none": (runtime(policy={"numNodes": -1}), "spec.mlPolicy.numNodes in body should be greater"),
    "no process in Flux": (
        runtime(policy={"flux": {"numProcPerNode": 0}}),
        "NumProcPerNode in fluxPolicy must be >= 1",
    ),
    "no process": (
        runtime(policy={"torch": {"numProcPerNode": 0}}),
        "numProcPerNode must be greater than or equal to 1, or auto, cpu or gpu",
    ),
    "another MPI": (runtime(policy={"mpi": {"mpiImplementation": "Mine"}}), 'Unsupported value: "Mine"'),
    "the trainer's container injected": (injected(["node"]), "containerNames must not include the main node container"),
    "no container injected": (injected([]), "containerNames in body should have at least 1 items"),
    "one container injected twice": (injected(["a", "a"]), 'containerNames[1]: Duplicate value: "a"'),
    "a long name injected": (injected(["a" * 64]), "containerNames[0]: Too long"),
    "9 containers injected": (injected([f"c{n}" for n in range(9)]), "containerNames: Too many: 9"),
    "a step twice": (
        runtime(replicatedJobs=[replicated_job("a"), replicated_job("a")]),
        'replicatedJobs[1]: Duplicate value: {"name":"a"}',
    ),
    "a step without a Job": (runtime(replicatedJobs=[{"name": "a"}]), "replicatedJobs[0].template: Required value"),
    "101 steps": (
        runtime(replicatedJobs=[replicated_job(f"j{n}") for n in range(101)]),
        "replicatedJobs: Too many: 101",
    ),
    "a dependency on a failure": (
        runtime(replicatedJobs=[replicated_job("b", dependsOn=[{"name": "a", "status": "Failed"}])]),
        'dependsOn[0].status: Unsupported value: "Failed"',
    ),
    "6 dependencies": (
        runtime(
            replicatedJobs=[replicated_job("b", dependsOn=[{"name": f"j{n}", "status": "Ready"} for n in range(6)])]
        ),
        "dependsOn: Too many: 6",
    ),
    "an order twice": (
        runtime(startupPolicy={"startupPolicyOrder": "InOrder"}, replicatedJobs=[replicated_job("a"), DEPENDENT]),
        "StartupPolicy and DependsOn APIs are mutually exclusive",
    ),
    "a claim of another namespace": (
        claim(metadata={"name": "a", "namespace": "b"}),
        "namespace cannot be set for VolumeClaimPolicies templates",
    ),
    "51 claims": (
        runtime(volumeClaimPolicies=[{"templates": [{"metadata": {"name": f"c{n}"}} for n in range(51)]}]),
        "templates: Too many: 51",
    ),
    "claims kept for ever": (
        runtime(volumeClaimPolicies=[{"retentionPolicy": {"whenDeleted": "Keep"}}]),
        'whenDeleted: Unsupported value: "Keep"',
    ),
    "a negative TTL": (
        runtime(ttlSecondsAfterFinished=-1),
        "ttlSecondsAfterFinished in body should be greater than or",
    ),
    "a success of some": (
        runtime(successPolicy={"operator": "Some"}),
        'successPolicy.operator: Unsupported value: "Some"',
    ),
    "a pod without containers": (pod(containers=None), "template.spec.containers: Required value"),
    "a misspelt field of a pod": (
        pod(nodeSelecter={}),
        'unknown field "spec.template.spec.replicatedJobs[0].template.spec',
    ),
    "a variable twice": (container(env=[{"name": "A"}, {"name": "A"}]), 'env[1]: Duplicate value: {"name":"A"}'),
    "a port twice": (
        container(ports=[{"containerPort": 1}, {"containerPort": 1, "protocol": "TCP"}]),
        'ports[1]: Duplicate value: {"containerPort":1,"protocol":"TCP"}',
    ),
    "a mount without a path": (container(volumeMounts=[{"name": "a"}]), "volumeMounts[0].mountPath: Required value"),
    "no quantity": (container(resources={"limits": {"cpu": "two"}}), "resources.limits.cpu in body should match"),
}


@pytest.mark.parametrize(("body", "message"), REFUSED_RUNTIMES.values(), ids=REFUSED_RUNTIMES.keys())
def test_a_runtime_is_refused(api: Api, body: Body, message: str) -> None:
    assert message in api.refuse(body)


EVERYWHERE = {
    "activeDeadlineSeconds": 0,
    "backoffLimit": 0,
    "completionMode": "Indexed",
    "podFailurePolicy": {
        "rules": [
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [10]}},
        ]
    },
    "template": {
        "metadata": {"labels": {"a": "b"}, "annotations": {"c": ""}},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {"runAsUser": 0, "fsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "tolerations": [{"operator": "Exists"}],
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": "gpu", "operator": "In", "values": ["h200"]}]}
                        ]
                    }
                }
            },
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}
            ],
            "volumes": [
                {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
                {"name": "ca", "configMap": {"name": "ca", "defaultMode": 0, "optional": True}},
                {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
                {"name": "own", "ephemeral": {"volumeClaimTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": {}}}},
            ],
            "imagePullSecrets": [{"name": "registry"}],
            "initContainers": [{"name": "sidecar", "restartPolicy": "Always"}],
            "containers": [
                {
                    "name": "node",
                    "image": "example.com/image:1",
                    "command": ["tune", "run"],
                    "args": [],
                    "env": [
                        {"name": "EMPTY", "value": ""},
                        {"name": "GPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": 1}}},
                        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
                    ],
                    "envFrom": [{"secretRef": {"name": "s"}}],
                    "ports": [{"containerPort": 29500, "protocol": "TCP"}],
                    "resources": {
                        "limits": {"nvidia.com/gpu": 2, "memory": "1.5Gi"},
                        "requests": {"cpu": "500m"},
                        "claims": [{"name": "gpu"}],
                    },
                    "volumeMounts": [{"name": "shm", "mountPath": "/shm", "readOnly": False}],
                    "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
                    "securityContext": {"readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    },
}


def claims() -> list[Body]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "20Gi"}}, "storageClassName": ""}
    template = {"metadata": {"name": "initializer", "labels": {"a": "b"}}, "spec": spec}
    return [{"templates": [template], "retentionPolicy": {"whenDeleted": "Retain"}}]


ACCEPTED_RUNTIMES = {
    "many fields of Kubernetes": runtime(
        replicatedJobs=[
            {"name": "node", "replicas": 1, "groupName": "default", "template": {"spec": EVERYWHERE}},
        ]
    ),
    "everything of JobSet": runtime(
        replicatedJobs=[
            replicated_job("a", replicas=0, groupName="g"),
            replicated_job("b", replicas=1, groupName="g", dependsOn=[{"name": "a", "status": "Ready"}]),
        ],
        volumeClaimPolicies=claims(),
        network={"enableDNSHostnames": False, "subdomain": "s", "publishNotReadyAddresses": False},
        successPolicy={"operator": "Any", "targetReplicatedJobs": ["a"]},
        failurePolicy={
            "maxRestarts": 0,
            "restartStrategy": "InPlaceRestart",
            "rules": [{"name": "r", "action": "RestartJob", "onJobFailureReasons": ["PodFailurePolicy"]}],
        },
        startupPolicy={"startupPolicyOrder": "AnyOrder"},
        suspend=False,
        coordinator={"replicatedJob": "a", "jobIndex": 0, "podIndex": 0},
        managedBy="acme.io/a",
        ttlSecondsAfterFinished=0,
    ),
    "processes as in v2.1": runtime(policy={"torch": {"numProcPerNode": "auto"}}, replicatedJobs=[]),
    "torch for other containers": runtime(
        policy={
            "numNodes": 0,
            "torch": {"envInjection": {"targets": [{"jobName": "node", "containerNames": ["a", "b"]}]}},
        },
        replicatedJobs=[],
    ),
}


@pytest.mark.parametrize("sent", ACCEPTED_RUNTIMES.values(), ids=ACCEPTED_RUNTIMES.keys())
def test_a_runtime_is_kept_as_it_was_sent(own: Api, sent: Body) -> None:
    own.create(sent)
    assert own.get("trainingruntime", "tiny")["spec"] == sent["spec"]


@pytest.mark.parametrize("file", sorted((ROOT / "runtimes").glob("torchtune-*.yaml")), ids=lambda file: file.stem)
def test_a_bundled_runtime_is_accepted(own: Api, file: Path) -> None:
    sent = yaml.safe_load(file.read_text())
    assert own.create(sent, stored=False)["spec"]["mlPolicy"] == sent["spec"]["mlPolicy"]


def test_a_runtime_may_be_edited(own: Api) -> None:
    own.create(runtime(volumeClaimPolicies=claims(), network={"subdomain": "a"}))
    changed = {"volumeClaimPolicies": [], "network": {"subdomain": "b"}}
    own.patch("trainingruntime", "tiny", {"spec": {"template": {"spec": changed}}})
