"""What the fuzz sends: TrainJobs and runtimes from the CRDs' schemas, many of which nearly fit; a seed fixes all."""

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.cluster.kube import Body
from tests.cluster.stub import STEPS, pod_of, shipped_runtime
from tests.factories.generation import objects
from tests.factories.requests import patch

from trainjob_operator.naming import MULTIKUEUE_CONTROLLER

RUNTIME = "sound"
_REFERENCE = {"kind": "TrainingRuntime", "name": RUNTIME}
_API_VERSION = "trainer.kubeflow.org/v1alpha1"
_UNVALIDATED = "trainer.kubeflow.org/webhook-validation"
_MUTABLE = ("suspend", "runtimePatches", "podTemplateOverrides", "annotations", "ttlSecondsAfterFinished")
_NOWHERE = {"example.com/node": "there-is-none"}
_TRAINJOB: Body = {
    "metadata": {},
    "spec": {
        "runtimeRef": _REFERENCE,
        "suspend": False,
        "ttlSecondsAfterFinished": 3600,
        "preRunningDeadlineSeconds": 3600,
        "annotations": {"example.com/a": "b"},
        "runtimePatches": [
            patch(
                pod={
                    "nodeSelector": _NOWHERE,
                    "tolerations": [{"key": "a", "operator": "Exists"}],
                    "containers": [{"name": "node", "volumeMounts": [{"name": "tmp", "mountPath": "/scratch"}]}],
                }
            )
        ],
        "podTemplateOverrides": [{"targetJobs": [{"name": "node"}], "spec": {"schedulingGates": [{"name": "a.b/c"}]}}],
        "initializer": {"model": {"storageUri": "hf://a/b", "env": [{"name": "ENDPOINT", "value": "x"}]}},
        "trainer": {
            "command": ["tune", "run"],
            "args": ["epochs=1"],
            "env": [{"name": "A", "value": ""}],
            "numNodes": 1,
            "numProcPerNode": "auto",
            "resourcesPerNode": {"limits": {"nvidia.com/gpu": 1}, "requests": {"cpu": "10m"}},
        },
    },
}


def sound_runtime(namespace: str) -> Body:
    """Make a runtime with which nothing is wrong but that no node will have its pods, and none waits for another."""
    runtime = shipped_runtime(namespace, RUNTIME)
    del runtime["metadata"]["labels"][_UNVALIDATED]
    for step in STEPS:
        pod_of(runtime, step)["nodeSelector"] = _NOWHERE
    for job in runtime["spec"]["template"]["spec"]["replicatedJobs"]:
        job.pop("dependsOn", None)
    return runtime


def trainjobs(seed: int, namespace: str, pairs: int) -> Iterator[Body]:
    """Yield TrainJobs, most of them on the sound runtime; of those from the schema a few fields each."""
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    for number, one in enumerate(objects(seed, "trainjobs", _TRAINJOB, pairs)):
        spec = one.get("spec")
        if number % 2 == 0 and isinstance(spec, dict) and random.random() < 0.9:
            spec = {field: value for field, value in spec.items() if random.random() < 0.3}
            spec = {**spec, "runtimeRef": _REFERENCE, "managedBy": random.choice((None, MULTIKUEUE_CONTROLLER))}
        if isinstance(spec, dict) and random.random() < 0.4:
            spec = {**spec, "suspend": True}
        yield _named("TrainJob", namespace, f"job-{number}", spec)


def runtimes(seed: int, namespace: str, pairs: int) -> Iterator[Body]:
    """Yield runtimes."""
    example = {"metadata": {}, "spec": sound_runtime(namespace)["spec"]}
    for number, one in enumerate(objects(seed, "trainingruntimes", example, pairs)):
        yield _named("TrainingRuntime", namespace, f"runtime-{number}", one.get("spec"))


def changes(seed: int, pairs: int) -> Iterator[Body]:
    """Yield merge patches of a TrainJob's specification: three of four of what may change while it waits."""
    for number, one in enumerate(trainjobs(seed + 1, "", pairs)):
        spec = one["spec"] if isinstance(one["spec"], dict) else {}
        yield {name: spec.get(name) for name in (_MUTABLE if number % 4 else spec)}


def _named(kind: str, namespace: str, name: str, spec: Any) -> Body:  # noqa: ANN401 - any JSON
    return {"apiVersion": _API_VERSION, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}
