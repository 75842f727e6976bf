from copy import deepcopy
from typing import Any

import orjson
import pytest
import yaml
from tests.factories.bombs import BOMBS, doubling

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef, TrainJob, parse_trainjob
from trainjob_operator.controller.cache.snapshots import Unusable, judge_snapshot, read_snapshot
from trainjob_operator.errors import InvalidObjectError

RUNTIME: dict[str, Any] = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1",
    "kind": "ClusterTrainingRuntime",
    "metadata": {"name": "r"},
    "spec": {"mlPolicy": {"numNodes": 2}, "template": {"spec": {"replicatedJobs": [{"name": "node", "template": {}}]}}},
}
REF = RuntimeRef(name="r")
LIVE = parse_runtime(RUNTIME)
BEGUN = {"startTime": "2026-01-01T00:00:00Z"}
NOTHING = dict.fromkeys(("ready", "succeeded", "failed", "active", "suspended"), 0)
LISTED = {"jobsStatus": [NOTHING | {"name": "node"}]}
COUNTED = {"jobsStatus": [NOTHING | {"name": "node", "suspended": 1}]}


def config_map(data: dict[str, str] | None, uid: str = "u") -> dict[str, Any]:
    owner = {"apiVersion": "x/v1", "kind": "TrainJob", "name": "tune", "uid": uid, "controller": True}
    return {"metadata": {"name": "tune-runtime-snapshot", "ownerReferences": [owner]}, "data": data}


def holding(uid: str = "u", *, as_yaml: bool = False, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    runtime = RUNTIME | changes
    return config_map({"runtime": yaml.safe_dump(runtime) if as_yaml else orjson.dumps(runtime).decode()}, uid)


def trainjob(status: dict[str, Any] | None = None) -> TrainJob:
    metadata = {"name": "tune", "namespace": "team", "uid": "u"}
    return parse_trainjob({"metadata": metadata, "spec": {"runtimeRef": {"name": "r"}}, "status": status})


def privileged() -> dict[str, Any]:
    spec: dict[str, Any] = deepcopy(RUNTIME["spec"])
    pods = {
        "spec": {"template": {"spec": {"hostPID": True, "containers": [{"name": "node", "image": "attacker/image"}]}}}
    }
    spec["template"]["spec"]["replicatedJobs"][0]["template"] = pods
    return spec


@pytest.mark.parametrize("as_yaml", [False, True], ids=["json", "yaml"])
def test_a_snapshot_is_a_runtime(as_yaml: bool) -> None:
    runtime = read_snapshot(holding(as_yaml=as_yaml), REF)

    assert (runtime.kind, runtime.metadata.name) == ("ClusterTrainingRuntime", "r")


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"runtime": "{{"},
        {"runtime": "[]"},
        {"runtime": "{}"},
        *({"runtime": bomb} for bomb in BOMBS.values()),
    ],
    ids=["none", "empty", "text", "list", "{}", *BOMBS],
)
def test_anything_else_is_named(data: dict[str, str] | None) -> None:
    with pytest.raises(InvalidObjectError) as raised:
        read_snapshot(config_map(data), REF)
    assert len(str(raised.value)) < 10_000


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": {"name": "other"}},
        {"kind": "TrainingRuntime"},
        {"apiVersion": "example.com/v1"},
    ],
    ids=["name", "kind", "group"],
)
def test_another_runtime_than_the_one_that_is_named_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidObjectError, match=r"names ClusterTrainingRuntime r"):
        read_snapshot(holding(**changes), REF)


@pytest.mark.parametrize(
    ("body", "live"),
    [
        pytest.param(holding(uid="somebody-else"), LIVE, id="of another owner"),
        pytest.param({"metadata": {"name": "x"}, "data": holding()["data"]}, LIVE, id="of no owner"),
        pytest.param(holding(spec=privileged()), LIVE, id="pods that the runtime does not have"),
        pytest.param(holding(metadata={"name": "other"}), LIVE, id="another runtime"),
        pytest.param(config_map({"runtime": doubling(11)}), LIVE, id="a bomb"),
        pytest.param(holding(), None, id="the runtime is gone"),
    ],
)
def test_what_is_there_before_the_trainjob_has_begun_is_believed_only_as_far_as_the_runtime_is(
    body: dict[str, Any], live: Runtime | None
) -> None:
    for status in (None, LISTED):
        assert judge_snapshot(body, trainjob(status), live) is None


@pytest.mark.parametrize("as_yaml", [False, True], ids=["json", "yaml"])
@pytest.mark.parametrize("status", [None, BEGUN, COUNTED], ids=["new", "started", "counted"])
def test_what_says_the_same_as_the_runtime_is_taken(status: dict[str, Any] | None, as_yaml: bool) -> None:
    live = parse_runtime(RUNTIME | {"metadata": {"name": "r", "resourceVersion": "7", "labels": {"a": "b"}}})

    found = judge_snapshot(holding(as_yaml=as_yaml), trainjob(status), live)

    assert isinstance(found, Runtime)
    assert found.spec == LIVE.spec


@pytest.mark.parametrize("status", [BEGUN, COUNTED], ids=["started", "counted"])
def test_what_has_begun_keeps_its_runtime_whatever_became_of_that(status: dict[str, Any]) -> None:
    changed = parse_runtime(RUNTIME | {"spec": {"mlPolicy": {"numNodes": 5}}})

    for live in (changed, None):
        found = judge_snapshot(holding(), trainjob(status), live)
        assert isinstance(found, Runtime)
        assert found.spec == LIVE.spec


@pytest.mark.parametrize(
    "body",
    [config_map({"runtime": doubling(11)}), config_map({}), holding(metadata={"name": "x" * 100_000})],
    ids=["a bomb", "empty", "another runtime"],
)
def test_an_unusable_snapshot_of_what_has_begun_is_told_with_what_to_do(body: dict[str, Any]) -> None:
    found = judge_snapshot(body, trainjob(BEGUN), LIVE)

    assert isinstance(found, Unusable)
    assert found.message.startswith("ConfigMap tune-runtime-snapshot, which keeps the runtime")
    assert "Delete the ConfigMap" in found.message
    assert len(found.message) < 1000
