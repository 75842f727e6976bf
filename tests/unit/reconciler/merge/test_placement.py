"""Where pods run: initializers follow the trainer, and what shares a ReadWriteOnce volume stays on one node."""

from typing import Any

import pytest
from tests.factories.objects import resolved, runtime_body, step, step_of, trainjob

from trainjob_operator.api.runtime import Runtime, parse_runtime

TOGETHER = {
    "labelSelector": {"matchLabels": {"jobset.sigs.k8s.io/jobset-uid": "u"}},
    "topologyKey": "kubernetes.io/hostname",
}


def runtime_on(pod: dict[str, Any], modes: list[str] | None = None) -> Runtime:
    body = runtime_body()
    step(body, "node")["template"]["spec"]["template"]["spec"] |= pod
    if modes is not None:
        [policy] = body["spec"]["template"]["spec"]["volumeClaimPolicies"]
        policy["templates"][0]["spec"]["accessModes"] = modes
    return parse_runtime(body)


def neighbours(runtime: Runtime, name: str, nodes: int) -> list[dict[str, Any]]:
    affinity = (
        step_of(resolved(trainjob(trainer={"numNodes": nodes}), runtime), name).template.spec.template.spec.affinity
        or {}
    )
    terms: list[dict[str, Any]] = affinity.get("podAffinity", {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution", []
    )
    return terms


def test_initializers_go_where_the_trainer_may() -> None:
    node_affinity: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
    toleration = {"key": "gpu", "operator": "Exists"}
    runtime = runtime_on(
        {"nodeSelector": {"a": "b"}, "tolerations": [toleration], "affinity": {"nodeAffinity": node_affinity}}
    )

    for name in ("dataset-initializer", "model-initializer"):
        pod = step_of(resolved(trainjob(), runtime), name).template.spec.template.spec
        assert pod.node_selector == {"a": "b"}
        assert pod.tolerations == (toleration,)
        assert (pod.affinity or {})["nodeAffinity"] == node_affinity


@pytest.mark.parametrize(
    ("modes", "nodes", "initializers", "trainers"),
    [
        pytest.param(["ReadWriteOnce"], 1, [TOGETHER], [], id="one trainer comes when the initializers have gone"),
        pytest.param(["ReadWriteOnce"], 2, [TOGETHER], [TOGETHER], id="two trainers share the volume"),
        pytest.param(["ReadWriteMany"], 2, [], [], id="a volume that can be on many nodes"),
    ],
)
def test_who_shares_a_volume_shares_a_node(
    modes: list[str], nodes: int, initializers: list[Any], trainers: list[Any]
) -> None:
    runtime = runtime_on({}, modes)

    assert neighbours(runtime, "dataset-initializer", nodes) == initializers
    assert neighbours(runtime, "model-initializer", nodes) == initializers
    assert neighbours(runtime, "node", nodes) == trainers


def test_the_claim_is_a_volume_of_each_step_that_mounts_it() -> None:
    for one in resolved(trainjob()).steps:
        volumes = [volume.model_dump(by_alias=True) for volume in one.template.spec.template.spec.volumes or ()]
        assert {"name": "initializer", "persistentVolumeClaim": {"claimName": "initializer-j"}} in volumes


def test_a_volume_of_the_runtimes_own_is_left_alone() -> None:
    mine = {"name": "initializer", "persistentVolumeClaim": {"claimName": "mine"}}
    body = runtime_body()
    pod = step(body, "node")["template"]["spec"]["template"]["spec"]
    pod["volumes"].append(mine)

    volumes = step_of(resolved(trainjob(), parse_runtime(body))).template.spec.template.spec.volumes or ()

    assert [v.model_dump(by_alias=True) for v in volumes if v.name == "initializer"] == [mine]
