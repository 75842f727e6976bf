"""A runtime of the true shape whose containers do next to nothing, and TrainJobs on it."""

import copy

import yaml
from tests.cluster.kube import Body
from tests.devcluster import base_images
from tests.devcluster.cache import ROOT

STEPS = ("dataset-initializer", "model-initializer", "node")
RUNTIME = "stub"
_SHIPPED = ROOT / "runtimes" / "torchtune-smollm2-135m.yaml"


def stub_runtime(namespace: str, name: str = RUNTIME, **scripts: str) -> Body:
    """Make the shipped runtime, hardening and all, with containers that end at once, and the first failure the end.

    `scripts` are Python programs that the containers of steps run instead, by the step's name with underscores.
    """
    runtime = shipped_runtime(namespace, name)
    del runtime["spec"]["runPolicy"]
    for step in STEPS:
        script = scripts.get(step.replace("-", "_"))
        replace_program(runtime, step, ["true"] if script is None else ["python3", "-u", "-c", script])
    return runtime


def shipped_runtime(namespace: str, name: str) -> Body:
    """Make the shipped runtime a TrainingRuntime of a namespace."""
    runtime: Body = yaml.safe_load(_SHIPPED.read_text())
    return {
        **runtime,
        "kind": "TrainingRuntime",
        "metadata": {**runtime["metadata"], "name": name} | {"namespace": namespace},
    }


def restart_trainers(runtime: Body, max_restarts: int) -> Body:
    """Have the trainers of a runtime restart as those of ours that are shipped, so often; they are told ATTEMPT."""
    runtime["spec"]["runPolicy"] = shipped_runtime("", "")["spec"]["runPolicy"]
    runtime["spec"]["runPolicy"]["failurePolicy"]["maxRestarts"] = max_restarts
    source = {"fieldRef": {"fieldPath": "metadata.labels['jobset.sigs.k8s.io/restart-attempt']"}}
    container_of(runtime, "node")["env"].append({"name": "ATTEMPT", "valueFrom": source})
    return runtime


def container_of(runtime: Body, step: str) -> Body:
    """Give the only container of a step."""
    return pod_of(runtime, step)["containers"][0]  # type: ignore[no-any-return] # YAML


def pod_of(runtime: Body, step: str) -> Body:
    """Give the pod's spec of a step."""
    steps = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    [pod] = [each["template"]["spec"]["template"]["spec"] for each in steps if each["name"] == step]
    found: Body = pod
    return found


def add_step(runtime: Body, name: str, script: str) -> None:
    """Add a step that runs a Python program once the trainer is complete, on the same volume, without a GPU."""
    steps = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    [trainer] = [step for step in steps if step["name"] == "node"]
    step = copy.deepcopy(trainer) | {"name": name, "dependsOn": [{"name": "node", "status": "Complete"}]}
    del step["template"]["metadata"]  # which says that this is the trainer
    steps.append(step)
    replace_program(runtime, name, ["python3", "-u", "-c", script])
    container = container_of(runtime, name)
    container["name"] = name
    container.pop("resources", None)


def replace_program(runtime: Body, step: str, command: list[str]) -> None:
    """Have a step run something else, in the image of Python."""
    container = container_of(runtime, step)
    container |= {"image": base_images.PYTHON, "command": command}
    container.pop("args", None)


def trainjob(namespace: str, name: str, runtime: str = RUNTIME, **spec: object) -> Body:
    """Make a TrainJob on a TrainingRuntime of its namespace."""
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"runtimeRef": {"kind": "TrainingRuntime", "name": runtime}, **spec},
    }
