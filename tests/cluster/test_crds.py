"""The generated CRDs on a real API server: they are served, and what is sent is kept as it was sent."""

import json
from pathlib import Path

import pytest
from tests.cluster.crds import FILES, NAMES, Api, Body, install, patched, trainjob
from tests.devcluster import Cluster

DEFAULTED = {"suspend": False, "managedBy": "trainer.kubeflow.org/trainjob-controller"}
RUNTIME_REF = {"name": "tiny", "apiGroup": "trainer.kubeflow.org", "kind": "ClusterTrainingRuntime"}


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Cluster:
    install(cluster)
    return cluster


@pytest.fixture
def api(installed: Cluster, namespace: str) -> Api:
    return Api(installed, namespace)


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_is_structural_and_served(installed: Cluster, name: str) -> None:
    crd = json.loads(installed.kubectl("get", "crd", name, "--output=json"))
    conditions = {condition["type"]: condition["status"] for condition in crd["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_kubectl_can_apply_it_client_side(installed: Cluster, file: Path) -> None:
    assert "(server dry run)" in installed.kubectl("apply", "--dry-run=server", f"--filename={file}")


ACCEPTED_TRAINJOBS = {
    "only a runtime": {},
    "zero, false and nothing are values": {
        "suspend": False,
        "initializer": {"dataset": {"storageUri": "", "env": []}, "model": {}},
        "trainer": {"args": [], "command": [], "numNodes": 0, "env": [{"name": "EMPTY", "value": ""}]},
    },
    "as the SDK sends it": {
        "initializer": {
            "dataset": {"storageUri": "hf://example/questions/data", "env": []},
            "model": {
                "storageUri": "s3://models/tiny",
                "env": [{"name": "ACCESS_TOKEN", "value": "t"}],
                "secretRef": {"name": "credentials"},
            },
        },
        "trainer": {
            "command": ["tune", "run"],
            "args": ["batch_size=4", "dataset.column_map={'input': 'a', 'output': \"b's\"}"],
            "numProcPerNode": 2,
            "resourcesPerNode": {
                "limits": {"nvidia.com/gpu": 2.0, "memory": "64Gi"},
                "requests": {"nvidia.com/gpu": 2, "cpu": "500m"},
            },
        },
        "activeDeadlineSeconds": 3600,
    },
    "patched by a queue": {
        "suspend": True,
        "managedBy": "kueue.x-k8s.io/multikueue",
        "runtimePatches": [
            {
                "manager": "kueue.x-k8s.io/manager",
                "time": "2026-01-01T00:00:00Z",
                "trainingRuntimeSpec": {
                    "template": {
                        "metadata": {"labels": {"queue": "a"}},
                        "spec": {
                            "replicatedJobs": [
                                {
                                    "name": "node",
                                    "template": {
                                        "metadata": {"annotations": {"a": "b"}},
                                        "spec": {
                                            "template": {
                                                "metadata": {"labels": {"c": "d"}},
                                                "spec": {
                                                    "nodeSelector": {"pool": "gpu"},
                                                    "tolerations": [{"key": "gpu", "operator": "Exists"}],
                                                    "schedulingGates": [{"name": "acme.io/gate"}],
                                                    "imagePullSecrets": [{"name": "registry"}],
                                                    "serviceAccountName": "trainer",
                                                    "terminationGracePeriodSeconds": 0,
                                                    "securityContext": {"runAsUser": 0, "runAsNonRoot": False},
                                                    "volumes": [{"name": "scratch", "emptyDir": {}}],
                                                    "containers": [
                                                        {
                                                            "name": "node",
                                                            "env": [{"name": "A", "value": "1"}],
                                                            "volumeMounts": [
                                                                {
                                                                    "name": "scratch",
                                                                    "mountPath": "/s",
                                                                    "readOnly": False,
                                                                }
                                                            ],
                                                            "securityContext": {"privileged": False},
                                                        }
                                                    ],
                                                },
                                            }
                                        },
                                    },
                                }
                            ]
                        },
                    }
                },
            }
        ],
    },
}


@pytest.mark.parametrize("spec", ACCEPTED_TRAINJOBS.values(), ids=ACCEPTED_TRAINJOBS.keys())
def test_a_trainjob_is_kept_as_it_was_sent(api: Api, spec: Body) -> None:
    sent = trainjob(**spec)
    api.create(sent)
    assert api.get("trainjob", "job")["spec"] == {**DEFAULTED, **sent["spec"], "runtimeRef": RUNTIME_REF}


def test_what_may_not_change(api: Api) -> None:
    body = patched(serviceAccountName="trainer", terminationGracePeriodSeconds=30)
    body["spec"] |= {
        "activeDeadlineSeconds": 60,
        "initializer": {"model": {"storageUri": "hf://example/tiny", "secretRef": {"name": "token"}}},
        "trainer": {"image": "a:1", "args": ["epochs=1"], "numNodes": 1, "numProcPerNode": 1},
        "workspace": {
            "size": "1Gi",
            "storageClassName": "",
            "accessModes": ["ReadWriteOnce"],
            "claimName": "a",
            "retentionPolicy": "Delete",
        },
    }
    api.create(body)
    changes: dict[str, Body] = {
        "spec.runtimeRef": {"runtimeRef": {"name": "other"}},
        "spec.activeDeadlineSeconds": {"activeDeadlineSeconds": 61},
        "spec.managedBy": {"managedBy": "kueue.x-k8s.io/multikueue"},
        "spec.initializer.model.storageUri": {"initializer": {"model": {"storageUri": ""}}},
        "spec.initializer.model.secretRef": {"initializer": {"model": {"secretRef": {"name": "other"}}}},
        "spec.trainer.image": {"trainer": {"image": "a:2"}},
        "spec.trainer.args": {"trainer": {"args": ["epochs=2"]}},
        "spec.trainer.numNodes": {"trainer": {"numNodes": 0}},
        "spec.trainer.numProcPerNode": {"trainer": {"numProcPerNode": 2}},
        "spec.workspace.size": {"workspace": {"size": "2Gi"}},
        "spec.workspace.storageClassName": {"workspace": {"storageClassName": "fast"}},
        "spec.workspace.accessModes": {"workspace": {"accessModes": ["ReadWriteMany"]}},
        "spec.workspace.claimName": {"workspace": {"claimName": "b"}},
        "spec.workspace.retentionPolicy": {"workspace": {"retentionPolicy": "Retain"}},
        "template.spec.serviceAccountName": patched(serviceAccountName="other", terminationGracePeriodSeconds=30)[
            "spec"
        ],
        "template.spec.terminationGracePeriodSeconds": patched(
            serviceAccountName="trainer", terminationGracePeriodSeconds=31
        )["spec"],
    }
    for field, change in changes.items():
        message = api.refuse_patch("trainjob", "job", {"spec": change})
        assert f"{field}: Invalid value" in message
        assert "field is immutable" in message


def test_what_may_change_and_what_kueue_rewrites(api: Api) -> None:
    api.create(trainjob(trainer={"command": ["tune", "run"], "env": [{"name": "A", "value": ""}], "numNodes": 1}))
    expanded = {"command": ["tune", "run", "full_finetune_distributed"], "env": [{"name": "A"}], "numNodes": None}
    api.patch("trainjob", "job", {"spec": {"suspend": True, "trainer": expanded}})
    api.patch("trainjob", "job", {"spec": {"suspend": False, "runtimePatches": [{"manager": "acme.io/a"}]}})
