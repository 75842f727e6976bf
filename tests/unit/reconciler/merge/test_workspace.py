"""The volume at /workspace: the runtime's as the TrainJob changes it, an existing one, or one where there was none."""

from typing import Any

import pytest
from tests.factories.objects import Body, container_of, resolved, runtime_body, runtime_with, step_of, trainjob

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.workspace import OutputStatus
from trainjob_operator.reconciler.manifests.children import build_children
from trainjob_operator.reconciler.resolved import ResolvedJob

PLAIN = "torch-distributed"
TEMPLATE = runtime_body()["spec"]["template"]["spec"]["volumeClaimPolicies"][0]["templates"][0]["spec"]


def claims(result: ResolvedJob) -> list[Any]:
    return [child for child in build_children(result) if child["kind"] == "PersistentVolumeClaim"]


def volumes(result: ResolvedJob, step: str = "node", volume: str = "initializer") -> list[Body]:
    known = step_of(result, step).template.spec.template.spec.volumes or ()
    return [one.model_dump(by_alias=True) for one in known if one.name == volume]


@pytest.mark.parametrize(
    ("workspace", "changes"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"size": "2048Mi"}, {"resources": {"requests": {"storage": "2Gi"}}}, id="size"),
        pytest.param({"storageClassName": ""}, {"storageClassName": ""}, id="no class"),
        pytest.param({"storageClassName": "fast"}, {"storageClassName": "fast"}, id="class"),
        pytest.param({"accessModes": ["ReadWriteMany"]}, {"accessModes": ["ReadWriteMany"]}, id="modes"),
    ],
)
def test_what_is_asked_for_changes_the_runtimes_claim(workspace: Body, changes: Body) -> None:
    [claim] = claims(resolved(trainjob(workspace=workspace)))

    assert claim["metadata"]["name"] == "initializer-j"
    assert claim["spec"] == TEMPLATE | changes


def retaining(when_deleted: str | None) -> Runtime:
    policy = runtime_body()["spec"]["template"]["spec"]["volumeClaimPolicies"][0]
    return runtime_with(volumeClaimPolicies=[policy | ({"retentionPolicy": {"whenDeleted": when_deleted}})])


@pytest.mark.parametrize(
    ("runtime", "own", "is_owned"),
    [
        ("Delete", None, True),
        ("Retain", None, False),
        ("Delete", "Retain", False),
        ("Retain", "Delete", True),
    ],
)
def test_the_trainjob_has_the_last_word_on_what_outlives_it(runtime: str, own: str | None, is_owned: bool) -> None:
    workspace = {"retentionPolicy": own} if own else {}

    [claim] = claims(resolved(trainjob(workspace=workspace), retaining(runtime)))

    assert ("ownerReferences" in claim["metadata"]) is is_owned


def test_an_existing_claim_is_used_and_none_is_made() -> None:
    result = resolved(trainjob(workspace={"claimName": "mine"}))

    assert claims(result) == []
    for step in ("dataset-initializer", "model-initializer", "node"):
        assert volumes(result, step) == [{"name": "initializer", "persistentVolumeClaim": {"claimName": "mine"}}]
    assert result.output == OutputStatus(claim_name="mine", path="output")


@pytest.mark.parametrize(("modes", "together"), [(None, True), (["ReadWriteOnce"], True), (["ReadWriteMany"], False)])
def test_t05_pods_share_a_node_unless_the_existing_claim_is_said_to_be_for_many(
    modes: list[str] | None, together: bool
) -> None:
    workspace = {"claimName": "mine"} | ({"accessModes": modes} if modes else {})

    result = resolved(trainjob(workspace=workspace, trainer={"numNodes": 2}))

    assert ("podAffinity" in (step_of(result).template.spec.template.spec.affinity or {})) is together


BARE = runtime_with(name=PLAIN, node={"volumeMounts": []})


@pytest.mark.parametrize(("runtime", "volume"), [(None, "workspace"), (BARE, "initializer")], ids=["emptyDir", "none"])
@pytest.mark.parametrize("workspace", [{"size": "10Gi"}, {"claimName": "mine"}], ids=["made", "existing"])
def test_a_plain_runtime_gets_a_workspace(workspace: Body, runtime: Runtime | None, volume: str) -> None:
    job = trainjob(runtime=PLAIN, workspace=workspace, trainer={"command": ["python", "x.py"]})

    result = resolved(job, runtime)

    name = workspace.get("claimName", f"{volume}-j")
    assert volumes(result, volume=volume) == [{"name": volume, "persistentVolumeClaim": {"claimName": name}}]
    assert [mount.name for mount in container_of(result).volume_mounts or () if mount.mount_path == "/workspace"] == [
        volume
    ]
    made = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    assert [claim["spec"] for claim in claims(result)] == ([made] if "size" in workspace else [])


def test_a_plain_runtime_without_one_stays_as_it_is() -> None:
    result = resolved(trainjob(runtime=PLAIN, trainer={"command": ["python", "x.py"]}))

    assert (volumes(result), claims(result), result.output) == ([], [], None)


def with_output(folder: str, **mount: str) -> Runtime:
    command = ["tune", "run", "full_finetune_single_device", "--config", "llama3_2/1B_full_single_device"]
    mounts = [{"name": "initializer", "mountPath": "/workspace", **mount}]
    return runtime_with(node={"command": [*command, f"output_dir={folder}"], "volumeMounts": mounts})


@pytest.mark.parametrize(
    ("runtime", "path"),
    [
        pytest.param(with_output("/workspace/a/b/"), "a/b", id="a folder"),
        pytest.param(with_output("/workspace"), "", id="the whole volume"),
        pytest.param(with_output("/workspace/a", subPath="team/x"), "team/x/a", id="below a part of the volume"),
        pytest.param(with_output("/workspace/a", subPathExpr="$(POD)"), None, id="a part that the pod knows"),
        pytest.param(with_output("/tmp/a"), None, id="on no claim"),  # noqa: S108 - in the pod
        pytest.param(with_output("/workspace/../a"), None, id="a way up"),
        pytest.param(with_output("/workspaces/a"), None, id="beside it"),
    ],
)
def test_where_the_result_is(runtime: Runtime, path: str | None) -> None:
    expected = None if path is None else OutputStatus(claim_name="initializer-j", path=path)

    assert resolved(trainjob(), runtime).output == expected
