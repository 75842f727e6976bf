from tests.bench.workload import children, trainjob


def test_the_floor_has_five_creates_and_no_owner() -> None:
    made = children("bench", "one")
    assert [manifest["kind"] for manifest in made.first] == ["PersistentVolumeClaim", "Service", "Job", "Job"]
    assert [manifest["metadata"]["name"] for manifest in made.later] == ["one-node-0"]
    assert all("ownerReferences" not in manifest["metadata"] for manifest in (*made.first, *made.later))


def test_the_trainjob_is_the_sdks() -> None:
    body = trainjob("bench", "one")
    assert body["metadata"] == {"name": "one", "namespace": "bench"}
    assert body["spec"]["trainer"]["command"] == ["tune", "run"]
