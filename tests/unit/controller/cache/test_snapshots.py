import orjson
import pytest
import yaml

from trainjob_operator.controller.cache.snapshots import read_snapshot
from trainjob_operator.errors import InvalidObjectError

RUNTIME = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1",
    "kind": "ClusterTrainingRuntime",
    "metadata": {"name": "r"},
    "spec": {"mlPolicy": {"numNodes": 2}, "template": {"spec": {"replicatedJobs": [{"name": "node", "template": {}}]}}},
}


def config_map(data: dict[str, str] | None) -> dict[str, object]:
    return {"metadata": {"name": "tune-runtime-snapshot"}, "data": data}


@pytest.mark.parametrize("text", [orjson.dumps(RUNTIME).decode(), yaml.safe_dump(RUNTIME)], ids=["json", "yaml"])
def test_a_snapshot_is_a_runtime(text: str) -> None:
    runtime = read_snapshot(config_map({"runtime": text}))

    assert (runtime.kind, runtime.metadata.name) == ("ClusterTrainingRuntime", "r")


@pytest.mark.parametrize(
    "data",
    [None, {}, {"runtime": "{{"}, {"runtime": "[]"}, {"runtime": "{}"}],
    ids=["none", "empty", "text", "list", "{}"],
)
def test_anything_else_is_named(data: dict[str, str] | None) -> None:
    with pytest.raises(InvalidObjectError):
        read_snapshot(config_map(data))
