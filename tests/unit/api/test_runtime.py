from typing import Any

import pytest

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.errors import InvalidObjectError

Body = dict[str, Any]


def runtime(kind: str = "ClusterTrainingRuntime", **jobset: object) -> Body:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": kind,
        "metadata": {"name": "tiny", "labels": {"trainer.kubeflow.org/framework": "torchtune"}},
        "spec": {"mlPolicy": {"numNodes": 1, "torch": {}}, "template": {"spec": jobset}},
    }


def step(pod: Body | None = None, **fields: object) -> Body:
    spec = {"containers": [{"name": "node"}]} if pod is None else pod
    return {"name": "node", "template": {"spec": {"template": {"spec": spec}}}, **fields}


def dumped(parsed: Runtime) -> Body:
    dump: Body = parsed.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return dump


JOBSETS: dict[str, Body] = {
    "nothing": {},
    "one step": {"replicatedJobs": [step()]},
    "steps that wait": {
        "replicatedJobs": [step(replicas=0, groupName="g", dependsOn=[{"name": "a", "status": "Complete"}])]
    },
    "a claim": {
        "volumeClaimPolicies": [
            {
                "templates": [
                    {
                        "metadata": {"name": "initializer", "labels": {}},
                        "spec": {
                            "accessModes": ["ReadWriteOnce"],
                            "resources": {"requests": {"storage": "20Gi"}},
                            "storageClassName": "",
                            "dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "other"},
                        },
                    }
                ],
                "retentionPolicy": {"whenDeleted": "Retain"},
            }
        ]
    },
    "what is to be refused": {
        "network": {"enableDNSHostnames": False, "subdomain": "s", "publishNotReadyAddresses": True},
        "successPolicy": {"operator": "Any", "targetReplicatedJobs": []},
        "failurePolicy": {"maxRestarts": 0, "rules": [{"name": "r", "action": "FailJobSet"}]},
        "startupPolicy": {"startupPolicyOrder": "InOrder"},
        "suspend": False,
        "coordinator": {"replicatedJob": "node", "jobIndex": 0},
        "managedBy": "",
        "ttlSecondsAfterFinished": 0,
    },
    "fields that only Kubernetes knows": {
        "replicatedJobs": [
            step(
                {
                    "securityContext": {"runAsUser": 0, "supplementalGroups": []},
                    "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}},
                    "topologySpreadConstraints": [
                        {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}
                    ],
                    "volumes": [
                        {"name": "m", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
                        {"name": "p", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
                    ],
                    "hostUsers": False,
                    "aFieldOfNextYear": {"deep": [1, 2.5, None]},
                    "initContainers": [{"name": "i", "restartPolicy": "Always"}],
                    "containers": [
                        {
                            "name": "node",
                            "command": ["tune"],
                            "args": [],
                            "env": [{"name": "A", "value": ""}],
                            "envFrom": [{"prefix": "P_", "secretRef": {"name": "s"}}],
                            "ports": [{"containerPort": 29500, "protocol": "TCP", "name": "rendezvous"}],
                            "resources": {"limits": {"nvidia.com/gpu": 2}, "claims": [{"name": "c"}]},
                            "volumeMounts": [{"name": "m", "mountPath": "/m", "readOnly": False, "subPath": "s"}],
                            "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
                            "tty": False,
                        }
                    ],
                }
            )
        ]
    },
}


@pytest.mark.parametrize("jobset", JOBSETS.values(), ids=JOBSETS.keys())
def test_a_runtime_comes_out_as_it_went_in(jobset: Body) -> None:
    assert dumped(parse_runtime(runtime(**jobset))) == runtime(**jobset)


def test_job_templates_keep_every_field() -> None:
    job = step()
    job["template"] |= {"metadata": {"labels": {"a": "b"}, "annotations": {}}}
    job["template"]["spec"] |= {
        "backoffLimit": 0,
        "podFailurePolicy": {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]},
        "ttlSecondsAfterFinished": 0,
        "maxFailedIndexes": 1,
    }
    assert dumped(parse_runtime(runtime(replicatedJobs=[job]))) == runtime(replicatedJobs=[job])


def test_absent_is_not_empty() -> None:
    absent, empty = step(), step(dependsOn=[])
    [first] = parse_runtime(runtime(replicatedJobs=[absent])).spec.template.spec.replicated_jobs
    [second] = parse_runtime(runtime(replicatedJobs=[empty])).spec.template.spec.replicated_jobs
    assert (first.depends_on, second.depends_on) == (None, ())
    [container] = first.template.spec.template.spec.containers
    assert (container.args, container.command, container.env) == (None, None, None)


@pytest.mark.parametrize("name", ["mpi", "jax", "xgboost", "flux"])
def test_other_frameworks_are_told_from_torch(name: str) -> None:
    body = runtime()
    body["spec"]["mlPolicy"] = {name: {}}
    policy = parse_runtime(body).spec.ml_policy
    assert policy is not None
    assert [field for field in type(policy).model_fields if getattr(policy, field) is not None] == [name]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({**runtime(), "kind": "Runtime"}, "Runtime tiny: kind: Input should be"),
        (
            runtime(replicatedJobs=[{"name": "a"}]),
            "ClusterTrainingRuntime tiny: spec.template.spec.replicatedJobs.0.template: Field required",
        ),
        (None, "runtime without metadata: : Input should be"),
    ],
    ids=["another kind", "no template", "nothing"],
)
def test_what_does_not_fit_is_named(broken: object, message: str) -> None:
    with pytest.raises(InvalidObjectError) as error:
        parse_runtime(broken)
    assert message in str(error.value)
