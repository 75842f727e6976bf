"""A runtime and TrainJobs for property tests."""

from datetime import datetime
from typing import Any

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob


def _replicated_job(name: str, ancestor: str, depends_on: tuple[str, ...] = ()) -> dict[str, Any]:
    container = {
        "name": name,
        "image": "example.com/image:1",
        "volumeMounts": [{"name": "initializer", "mountPath": "/workspace"}],
    }
    return {
        "name": name,
        **({"dependsOn": [{"name": other, "status": "Complete"} for other in depends_on]} if depends_on else {}),
        "template": {
            "metadata": {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": ancestor}},
            "spec": {"template": {"spec": {"containers": [container]}}},
        },
    }


RUNTIME = Runtime.model_validate(
    {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": "tiny", "uid": "runtime-uid", "resourceVersion": "1"},
        "spec": {
            "mlPolicy": {"numNodes": 1, "torch": {}},
            "template": {
                "spec": {
                    "volumeClaimPolicies": [
                        {
                            "templates": [
                                {
                                    "metadata": {"name": "initializer"},
                                    "spec": {
                                        "accessModes": ["ReadWriteOnce"],
                                        "resources": {"requests": {"storage": "1Gi"}},
                                    },
                                }
                            ]
                        }
                    ],
                    "replicatedJobs": [
                        _replicated_job("dataset-initializer", "dataset-initializer"),
                        _replicated_job("model-initializer", "model-initializer"),
                        _replicated_job("node", "trainer", ("dataset-initializer", "model-initializer")),
                    ],
                }
            },
        },
    }
)


def keeping_for(*, trainjobs: int | None, children: int | None) -> Runtime:
    """Make the runtime say how long TrainJobs that do not say it themselves are kept, and their children."""
    body = RUNTIME.model_dump(mode="json", by_alias=True, exclude_unset=True)
    body["spec"]["runPolicy"] = {"ttlSecondsAfterFinished": trainjobs}
    body["spec"]["template"]["spec"]["ttlSecondsAfterFinished"] = children
    return Runtime.model_validate(body)


def restarting(max_restarts: int, *rules: dict[str, Any]) -> Runtime:
    """Make the runtime have trainers start anew."""
    body = RUNTIME.model_dump(mode="json", by_alias=True, exclude_unset=True)
    body["spec"]["runPolicy"] = {"failurePolicy": {"maxRestarts": max_restarts, "rules": [*rules]}}
    return Runtime.model_validate(body)


def trainjob(name: str, *, created: datetime) -> TrainJob:
    """Make a TrainJob that only names its runtime."""
    return TrainJob.model_validate(
        {
            "apiVersion": "trainer.kubeflow.org/v1alpha1",
            "kind": "TrainJob",
            "metadata": {
                "name": name,
                "namespace": "team",
                "uid": "trainjob-uid",
                "generation": 1,
                "resourceVersion": "1",
                "creationTimestamp": created.isoformat(),
            },
            "spec": {"runtimeRef": {"name": "tiny"}},
        }
    )
