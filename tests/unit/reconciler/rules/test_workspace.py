"""What is no workspace, and what is one though it looks odd."""

import pytest
from tests.factories.objects import Body, rejected, resolved, runtime_body, step, trainjob

from trainjob_operator.api.runtime import Runtime, parse_runtime

PLAIN = "torch-distributed"
MINE = {"name": "mine", "persistentVolumeClaim": {"claimName": "c"}}


def patched(*volumes: Body, mounts: list[Body] | None = None) -> list[Body]:
    pod = {"volumes": list(volumes), "containers": [{"name": "node", "volumeMounts": mounts or []}]}
    step = {"name": "node", "template": {"spec": {"template": {"spec": pod}}}}
    return [{"manager": "acme.io/me", "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": [step]}}}}]


def at(path: str) -> list[Body]:
    return [{"name": "mine", "mountPath": path}]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param(
            {"workspace": {"claimName": "c", "size": "1Gi"}}, "workspace.size: must not be set beside", id="size"
        ),
        pytest.param(
            {"workspace": {"claimName": "c", "storageClassName": ""}}, "storageClassName: must not be set", id="class"
        ),
        pytest.param(
            {"workspace": {"claimName": "c", "retentionPolicy": "Delete"}}, "retentionPolicy: must not", id="deletion"
        ),
        pytest.param({"workspace": {"claimName": "My Claim"}}, "claimName: 'My Claim' must consist", id="name"),
        pytest.param({"workspace": {"storageClassName": "a_b"}}, "storageClassName: 'a_b' must", id="name of a class"),
        pytest.param({"workspace": {"size": "50 GB"}}, "size: '50 GB' is not a quantity: write it as 50Gi", id="unit"),
        pytest.param({"workspace": {"size": "-1Gi"}}, "size: -1Gi is no size", id="negative"),
        pytest.param({"workspace": {"size": 0}}, "size: 0 is no size", id="zero"),
        pytest.param({"workspace": {"accessModes": ["ReadOnlyMany"]}}, "nothing could be written", id="read-only"),
        pytest.param(
            {"workspace": {"accessModes": ["ReadWriteOncePod", "ReadWriteMany"]}}, "the only one", id="one pod, many"
        ),
        pytest.param(
            {"workspace": {"accessModes": ["ReadWriteOncePod"]}, "trainer": {"numNodes": 2}},
            "is for one pod, and 2 train",
            id="one pod, two nodes",
        ),
        pytest.param(
            {"workspace": {"size": "1Gi"}, "runtimePatches": patched({**MINE, "name": "initializer"})},
            "spec.runtimePatches[acme.io/me] has volume initializer at /workspace of node",
            id="a patch's volume",
        ),
        pytest.param(
            {"workspace": {"size": "1Gi"}, "runtimePatches": patched(MINE, mounts=at("/workspace/"))},
            "has volume mine at /workspace of node",
            id="a patch's mount",
        ),
    ],
)
def test_what_is_refused(spec: Body, said: str) -> None:
    result = rejected(trainjob(**spec), parse_runtime(runtime_body()))

    assert said in result.message
    assert result.violations[0].field.startswith("spec.workspace")


@pytest.mark.parametrize("workspace", [{}, {"storageClassName": "fast"}, {"retentionPolicy": "Retain"}])
def test_a_runtime_without_a_claim_takes_no_size_from(workspace: Body) -> None:
    result = rejected(trainjob(runtime=PLAIN, workspace=workspace), parse_runtime(runtime_body(PLAIN)))

    assert "spec.workspace.size: is required: runtime torch-distributed makes no claim" in result.message


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"workspace": {}}, id="nothing asked"),
        pytest.param({"workspace": {"claimName": "c", "retentionPolicy": "Retain"}}, id="what holds anyway"),
        pytest.param({"workspace": {"claimName": "c.of-team.1", "accessModes": ["ReadWriteMany"]}}, id="dots"),
        pytest.param({"workspace": {"claimName": ""}}, id="an empty name is none"),
        pytest.param({"workspace": {"claimName": "initializer-j"}}, id="one that an earlier TrainJob left"),
        pytest.param({"workspace": {"storageClassName": ""}}, id="no class"),
        pytest.param({"workspace": {"storageClassName": "csi.example.com"}}, id="a class with dots"),
        pytest.param({"workspace": {"size": 1e12}}, id="a number"),
        pytest.param({"workspace": {"size": "1.5Ti"}}, id="a fraction"),
        pytest.param({"workspace": {"size": "5e10"}}, id="an exponent"),
        pytest.param({"workspace": {"size": "1"}}, id="a byte, which drivers round up"),
        pytest.param({"workspace": {"accessModes": ["ReadOnlyMany", "ReadWriteOnce"]}}, id="read-only, too"),
        pytest.param({"workspace": {"accessModes": ["ReadWriteMany", "ReadWriteMany"]}}, id="twice"),
        pytest.param({"workspace": {"accessModes": ["ReadWriteOncePod"]}, "trainer": {"numNodes": 1}}, id="one pod"),
        pytest.param({"workspace": {"accessModes": ["ReadWriteOncePod"]}, "trainer": {"numNodes": 0}}, id="no pod"),
        pytest.param(
            {"workspace": {"size": "1Gi"}, "runtimePatches": patched(MINE, mounts=at("/data"))}, id="elsewhere"
        ),
        pytest.param({"workspace": {}, "runtimePatches": patched(MINE, mounts=at("/workspace/cache"))}, id="below it"),
        pytest.param({"workspace": {}, "runtimePatches": patched(MINE)}, id="mounted nowhere"),
    ],
)
def test_what_is_odd_and_accepted(spec: Body) -> None:
    assert resolved(trainjob(**spec), parse_runtime(runtime_body())).steps


def static(source: Body) -> Runtime:
    """Give a runtime that has a volume of its own at /workspace, as Kubeflow Trainer v2.0 had them."""
    body = runtime_body()
    body["spec"]["template"]["spec"]["volumeClaimPolicies"] = []
    for one in body["spec"]["template"]["spec"]["replicatedJobs"]:
        pod = step(body, one["name"])["template"]["spec"]["template"]["spec"]
        pod["volumes"] = [*(pod.get("volumes") or ()), {"name": "initializer", **source}]
    return parse_runtime(body)


@pytest.mark.parametrize(
    "source", [{"persistentVolumeClaim": {"claimName": "shared"}}, {"emptyDir": {}}], ids=["claim", "emptyDir"]
)
def test_a_runtimes_own_volume_needs_a_size_and_is_replaced(source: Body) -> None:
    assert "size: is required" in rejected(trainjob(workspace={}), static(source)).message

    result = resolved(trainjob(workspace={"size": "1Gi"}), static(source))

    for one in result.steps:
        volumes = [volume.model_dump(by_alias=True) for volume in one.template.spec.template.spec.volumes or ()]
        assert [volume for volume in volumes if volume["name"] == "initializer"] == [
            {"name": "initializer", "persistentVolumeClaim": {"claimName": "initializer-j"}}
        ]
