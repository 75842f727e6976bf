"""Patches of a TrainJob in its runtime: merged as Kubernetes merges, refused where they name what is not there."""

from typing import Any

import pytest
from tests.factories.objects import rejected, resolved, runtime_body, runtime_with, step, step_of, trainjob

from trainjob_operator import __version__
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.api.workload import PodSpec
from trainjob_operator.reconciler.manifests.job import build_job
from trainjob_operator.reconciler.merge.patching import merge


def patch(pods: dict[str, Any], *, job: str = "node", manager: str = "acme.io/a") -> dict[str, Any]:
    jobs = [{"name": job, "template": {"spec": {"template": pods}}}]
    return {"manager": manager, "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": jobs}}}}


def pod_of(*patches: dict[str, Any]) -> PodSpec:
    return step_of(resolved(trainjob(runtimePatches=list(patches)))).template.spec.template.spec


def test_scalars_are_replaced_and_objects_merge() -> None:
    pod = pod_of(
        patch({"spec": {"serviceAccountName": "one", "nodeSelector": {"a": "1"}}}),
        patch({"spec": {"serviceAccountName": "two", "nodeSelector": {"b": "2"}}}, manager="acme.io/b"),
    )

    assert pod.model_dump(by_alias=True)["serviceAccountName"] == "two"
    assert pod.node_selector == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param({"$patch": "replace", "b": "2"}, {"b": "2"}, id="replace"),
        pytest.param({"$patch": "delete"}, {}, id="delete"),
        pytest.param({"$patch": "merge", "b": "2"}, {"a": "1", "b": "2"}, id="merge"),
    ],
)
def test_a_patch_may_say_how_it_is_merged(selector: dict[str, str], expected: dict[str, str]) -> None:
    first = patch({"spec": {"nodeSelector": {"$patch": "replace", "a": "1"}}})

    pod = pod_of(first, patch({"spec": {"nodeSelector": selector}}, manager="acme.io/b"))

    assert pod.node_selector == expected


def test_security_contexts_merge_field_by_field() -> None:
    pod = pod_of(patch({"spec": {"securityContext": {"runAsUser": 7}}})).model_dump(by_alias=True)

    assert pod["securityContext"]["runAsUser"] == 7
    assert pod["securityContext"]["runAsNonRoot"] is True


@pytest.mark.parametrize(
    ("runtime", "change", "expected"),
    [
        pytest.param("cache", "root", "root cache", id="what is new comes first: others may refer to it"),
        pytest.param("a b c", "b", "a b c", id="what is known stays where it is"),
        pytest.param("a b", "c a", "c a b", id="the change's own order holds"),
        pytest.param("a b c", "c a", "b c a", id="also where the runtime has another"),
        pytest.param("", "b a", "b a", id="a list that was not there"),
    ],
)
def test_lists_with_a_merge_key_get_the_order_that_kubernetes_gives_them(
    runtime: str, change: str, expected: str
) -> None:
    def env(names: str) -> list[dict[str, str]]:
        return [{"name": name, "value": "1"} for name in names.split()]

    changed = patch({"spec": {"containers": [{"name": "helper", "env": env(change)}]}})
    before = {"name": "helper", "image": "i", **({"env": env(runtime)} if runtime else {})}
    body = runtime_body()
    step(body, "node")["template"]["spec"]["template"]["spec"]["containers"].append(before)

    pod = step_of(resolved(trainjob(runtimePatches=[changed]), parse_runtime(body))).template.spec.template.spec

    [helper] = [container for container in pod.containers if container.name == "helper"]
    assert [entry.name for entry in helper.env or ()] == expected.split()
    assert [container.name for container in pod.containers] == ["node", "helper"]


def test_resources_of_initializers_merge_and_those_of_the_trainer_are_set_elsewhere() -> None:
    limits = {"limits": {"memory": "1Gi"}}
    name = "model-initializer"

    job = trainjob(runtimePatches=[patch({"spec": {"containers": [{"name": name, "resources": limits}]}}, job=name)])
    [container] = step_of(resolved(job), name).template.spec.template.spec.containers
    wrong = trainjob(runtimePatches=[patch({"spec": {"containers": [{"name": "node", "resources": limits}]}})])

    assert container.resources is not None
    assert container.resources.limits == {"memory": "1Gi"}
    assert container.resources.requests == {"cpu": "100m", "memory": "512Mi"}
    assert "set spec.trainer.resourcesPerNode" in rejected(wrong, runtime_with()).message


def test_tolerations_are_replaced() -> None:
    pod = pod_of(
        patch({"spec": {"tolerations": [{"key": "a", "operator": "Exists"}]}}),
        patch({"spec": {"tolerations": [{"key": "b", "operator": "Exists"}]}}, manager="acme.io/b"),
    )

    assert pod.tolerations == ({"key": "b", "operator": "Exists"},)


def test_volumes_and_mounts_are_added_by_name_and_path() -> None:
    mounts = [{"name": "tmp", "mountPath": "/tmp"}, {"name": "extra", "mountPath": "/extra"}]  # noqa: S108 - in the pod
    change = {
        "volumes": [{"name": "tmp", "emptyDir": {"medium": "Memory"}}, {"name": "extra", "emptyDir": {}}],
        "containers": [{"name": "node", "volumeMounts": mounts}],
    }

    pod = pod_of(patch({"spec": change}))

    assert [volume.name for volume in pod.volumes or ()] == ["tmp", "extra", "shared-memory", "initializer"]
    [container] = pod.containers
    assert [mount.mount_path for mount in container.volume_mounts or ()] == [
        *("/workspace", "/tmp", "/extra", "/dev/shm"),  # noqa: S108 - in the pod
    ]
    assert container.image == f"ghcr.io/trainjob-operator/torchtune:{__version__}"


def test_gates_and_pull_secrets_are_added_by_name() -> None:
    pod = pod_of(
        patch({"spec": {"schedulingGates": [{"name": "a"}], "imagePullSecrets": [{"name": "s"}]}}),
        patch({"spec": {"schedulingGates": [{"name": "a"}, {"name": "b"}]}}, manager="acme.io/b"),
    ).model_dump(by_alias=True)

    assert list(pod["schedulingGates"]) == [{"name": "a"}, {"name": "b"}]
    assert list(pod["imagePullSecrets"]) == [{"name": "s"}]


def test_labels_reach_pods_and_jobs() -> None:
    result = resolved(
        trainjob(
            runtimePatches=[
                patch({"metadata": {"labels": {"pod": "1"}, "annotations": {"note": "2"}}}),
                {
                    "manager": "acme.io/all",
                    "trainingRuntimeSpec": {"template": {"metadata": {"name": "ignored", "labels": {"job": "3"}}}},
                },
            ]
        )
    )

    job = build_job(result, step_of(result))

    assert job["spec"]["template"]["metadata"]["labels"]["pod"] == "1"
    assert job["spec"]["template"]["metadata"]["annotations"]["note"] == "2"
    assert job["metadata"]["labels"]["job"] == "3"


def test_what_the_trainjob_says_itself_comes_last() -> None:
    monitor = {"env": [{"name": "HOME", "value": "/patched"}], "name": "node"}
    job = trainjob(runtimePatches=[patch({"spec": {"nodeSelector": {"a": "1"}}})], trainer={"image": "mine"})

    assert step_of(resolved(job)).template.spec.template.spec.containers[0].image == "mine"
    assert (
        "must not have envs"
        in rejected(trainjob(runtimePatches=[patch({"spec": {"containers": [monitor]}})]), runtime_with()).message
    )


def test_the_snapshot_keeps_the_runtime_without_the_patches() -> None:
    runtime = runtime_with()

    result = resolved(trainjob(runtimePatches=[patch({"spec": {"nodeSelector": {"a": "1"}}})]), runtime)

    assert result.runtime == runtime


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            patch({}, job="nod"),
            "must not have replicated job that doesn't exist in the runtime job template: nod (it has"
            " dataset-initializer, model-initializer, node)",
            id="job",
        ),
        pytest.param(
            patch({"spec": {"containers": [{"name": "noed"}]}}),
            "must not have container that doesn't exist in the runtime job node: noed",
            id="container",
        ),
        pytest.param(
            patch({"spec": {"initContainers": [{"name": "setup"}]}}),
            "must not have initContainer that doesn't exist in the runtime job node: setup",
            id="init container",
        ),
    ],
)
def test_names_that_are_not_there(change: dict[str, Any], message: str) -> None:
    result = rejected(trainjob(runtimePatches=[change]), runtime_with())

    assert result.reason is Reason.INVALID_SPEC
    assert message in result.message


@pytest.mark.parametrize(
    "key", ["env", "volumes", "containers", "replicatedJobs", "volumeMounts", "labels", "$patch-me"]
)
@pytest.mark.parametrize("where", ["labels", "annotations", "nodeSelector"])
def test_keys_that_people_choose_are_none_of_the_fields(where: str, key: str) -> None:
    known, wanted = {where: {key: "prod", "a": "b"}}, {where: {key: "test"}}

    assert merge(known, wanted) == {where: {key: "test", "a": "b"}}
    assert merge(merge({}, known), wanted) == {where: {key: "test", "a": "b"}}


def test_a_list_with_an_item_that_has_nothing_to_be_found_by_is_replaced() -> None:
    wanted = {"schedulingGates": [{}, {"name": "a"}]}

    assert merge({"schedulingGates": [{"name": "b"}]}, wanted) == wanted
    assert merge({"schedulingGates": [{}]}, {"schedulingGates": [{"name": "a"}]}) == {
        "schedulingGates": [{"name": "a"}]
    }
