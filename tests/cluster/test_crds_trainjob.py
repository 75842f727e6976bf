"""What the API server says when it refuses a TrainJob."""

import pytest
from tests.cluster.crds import Api, Body, install, patched, trainjob
from tests.devcluster import Cluster


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Api:
    install(cluster)
    return Api(cluster, "default")


def env(count: int) -> list[Body]:
    return [{"name": f"E{number}", "value": ""} for number in range(count)]


REFUSED_TRAINJOBS: dict[str, tuple[Body, str]] = {
    "no spec": ({**trainjob(), "spec": None}, "spec: Required value"),
    "no runtime": ({**trainjob(), "spec": {}}, "spec.runtimeRef: Required value"),
    "a name with a dot": (trainjob("a.b"), "metadata.name must match RFC 1035 DNS label format"),
    "a name that begins with a digit": (trainjob("1a"), "metadata.name must match RFC 1035 DNS label format"),
    "64 letters": (trainjob("a" * 64), "metadata.name must be no more than 63 characters"),
    "a runtime without a name": (
        trainjob(runtimeRef={"name": ""}),
        "spec.runtimeRef.name in body should be at least 1",
    ),
    "a runtime's long name": (trainjob(runtimeRef={"name": "a" * 254}), "spec.runtimeRef.name: Too long"),
    "another kind of runtime": (trainjob(runtimeRef={"name": "a", "kind": "X"}), "unsupported runtime: X.trainer.kube"),
    "a runtime of another group": (
        trainjob(runtimeRef={"name": "a", "apiGroup": "acme.io"}),
        "unsupported runtime: ClusterTrainingRuntime.acme.io",
    ),
    "a URI without a scheme": (
        trainjob(initializer={"model": {"storageUri": "example/tiny"}}),
        "storageUri may be empty, or it must be a valid URI (scheme://...)",
    ),
    "a long URI": (
        trainjob(initializer={"dataset": {"storageUri": "hf://" + "a" * 2048}}),
        "spec.initializer.dataset.storageUri: Too long",
    ),
    "a variable twice": (
        trainjob(initializer={"model": {"env": [{"name": "A"}, {"name": "A"}]}}),
        'spec.initializer.model.env[1]: Duplicate value: {"name":"A"}',
    ),
    "a variable without a name": (
        trainjob(trainer={"env": [{"value": "1"}]}),
        "spec.trainer.env[0].name: Required value",
    ),
    "129 variables": (trainjob(trainer={"env": env(129)}), "spec.trainer.env: Too many: 129: must have at most 128"),
    "129 arguments": (trainjob(trainer={"args": ["a"] * 129}), "spec.trainer.args: Too many: 129"),
    "129 words of a command": (trainjob(trainer={"command": ["a"] * 129}), "spec.trainer.command: Too many: 129"),
    "an argument of a megabyte": (trainjob(trainer={"args": ["a" * 1048577]}), "spec.trainer.args[0]: Too long"),
    "a long image": (trainjob(trainer={"image": "a" * 501}), "spec.trainer.image: Too long"),
    "fewer nodes than none": (trainjob(trainer={"numNodes": -1}), "spec.trainer.numNodes in body should be greater"),
    "no process a node": (
        trainjob(trainer={"numProcPerNode": 0}),
        "numProcPerNode must be greater than or equal to 1",
    ),
    "processes in words": (
        trainjob(trainer={"numProcPerNode": "all"}),
        "numProcPerNode must be greater than or equal to 1, or auto, cpu or gpu",
    ),
    "half a GPU as a number": (
        trainjob(trainer={"resourcesPerNode": {"limits": {"nvidia.com/gpu": 0.5}}}),
        "spec.trainer.resourcesPerNode.limits.nvidia.com/gpu in body must be of type",
    ),
    "no quantity": (
        trainjob(trainer={"resourcesPerNode": {"requests": {"memory": "64 GB"}}}),
        "spec.trainer.resourcesPerNode.requests.memory in body should match",
    ),
    "no time at all": (trainjob(activeDeadlineSeconds=0), "spec.activeDeadlineSeconds in body should be greater than"),
    "an unknown controller": (
        trainjob(managedBy="acme.io/controller"),
        "ManagedBy must be trainer.kubeflow.org/trainjob-controller or kueue.x-k8s.io/multikueue if set",
    ),
    "an unknown field": (trainjob(trainer={"numNode": 1}), 'unknown field "spec.trainer.numNode"'),
    "a manager without a domain": (patched("kueue"), 'must be a domain-prefixed path (such as "acme.io/foo")'),
    "a manager without a path": (patched("acme.io/"), 'must be a domain-prefixed path (such as "acme.io/foo")'),
    "a size that is none": (trainjob(workspace={"size": "big"}), "spec.workspace.size"),
    "a mode that is none": (
        trainjob(workspace={"accessModes": ["ReadWrite"]}),
        'spec.workspace.accessModes[0]: Unsupported value: "ReadWrite"',
    ),
    "no mode": (trainjob(workspace={"accessModes": []}), "spec.workspace.accessModes in body should have at least 1"),
    "another fate": (
        trainjob(workspace={"retentionPolicy": "Recycle"}),
        'spec.workspace.retentionPolicy: Unsupported value: "Recycle"',
    ),
    "a long claim": (trainjob(workspace={"claimName": "a" * 254}), "spec.workspace.claimName: Too long"),
    "one manager twice": (
        trainjob(runtimePatches=[{"manager": "acme.io/a"}, {"manager": "acme.io/a"}]),
        'spec.runtimePatches[1]: Duplicate value: {"manager":"acme.io/a"}',
    ),
    "17 managers": (
        trainjob(runtimePatches=[{"manager": f"acme.io/{number}"} for number in range(17)]),
        "spec.runtimePatches: Too many: 17: must have at most 16",
    ),
    "a patched image": (
        patched(containers=[{"name": "node", "image": "mine"}]),
        '.spec.template.spec.containers[0].image"',
    ),
    "a volume mounted twice by one patch": (
        patched(
            containers=[{"name": "node", "volumeMounts": [{"name": "a", "mountPath": path} for path in ("/a", "/b")]}]
        ),
        'volumeMounts[1]: Duplicate value: {"name":"a"}',
    ),
    "17 gates": (
        patched(schedulingGates=[{"name": f"acme.io/{n}"} for n in range(17)]),
        "schedulingGates: Too many: 17",
    ),
    "129 tolerations": (patched(tolerations=[{}] * 129), "tolerations: Too many: 129"),
    "65 containers": (patched(containers=[{"name": f"c{n}"} for n in range(65)]), "containers: Too many: 65"),
    "a negative grace period": (
        patched(terminationGracePeriodSeconds=-1),
        "terminationGracePeriodSeconds in body should be greater than or equal to 0",
    ),
    "a long service account": (patched(serviceAccountName="a" * 254), "serviceAccountName: Too long"),
}


@pytest.mark.parametrize(("body", "message"), REFUSED_TRAINJOBS.values(), ids=REFUSED_TRAINJOBS.keys())
def test_a_trainjob_is_refused(api: Api, body: Body, message: str) -> None:
    assert message in api.refuse(body)
