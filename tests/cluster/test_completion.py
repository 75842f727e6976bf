"""Which new TrainJobs the operator is asked to complete: all that need it, and no others, for each costs time."""

from collections.abc import Iterator

import pytest
from tests.cluster.installation import Installation, installed
from tests.cluster.kube import Body, Kube, RefusedError
from tests.cluster.stub import RUNTIME, shipped_runtime, trainjob
from tests.devcluster import Cluster
from tests.factories.generation import JUNK
from tests.factories.requests import patch

PASSED_OVER = 'apiserver_admission_match_condition_exclusions_total{kind="webhook",name="defaulter.trainjob'
COMPLETE: Body = {
    "initializer": {"model": {"storageUri": "hf://a/b", "env": [{"name": "ACCESS_TOKEN", "value": "x"}]}},
    "trainer": {
        "args": ["epochs=1"],
        "env": [{"name": "A", "value": ""}],
        "numNodes": 1,
        "numProcPerNode": 2,
        "resourcesPerNode": {"limits": {"nvidia.com/gpu": 2.0, "cpu": "0.5"}, "requests": {"memory": 1e12}},
    },
}
DIVIDED = [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": 0.5}}}]
INCOMPLETE: dict[str, Body] = {
    "a patch": {"runtimePatches": [patch(pod={"nodeSelector": {"a": "b"}})]},
    "a word": {"trainer": {"numProcPerNode": "auto"}},
    "a fraction": {"trainer": {"resourcesPerNode": {"requests": {"cpu": 0.5}}}},
    "a small fraction": {"trainer": {"resourcesPerNode": {"limits": {"memory": 1e-7}}}},
    "a divisor": {"trainer": {"env": DIVIDED}},
    "a divisor of an initializer": {"initializer": {"model": {"storageUri": "hf://a/b", "env": DIVIDED}}},
}
PLACES = (
    *("initializer", "initializer.model", "initializer.model.env", "trainer", "trainer.env", "trainer.numProcPerNode"),
    *("trainer.resourcesPerNode", "trainer.resourcesPerNode.limits", "trainer.resourcesPerNode.limits.cpu"),
)


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> Iterator[Installation]:
    with installed(cluster, "--set=runtimes.enabled=false") as installation:
        yield installation


@pytest.fixture
def team(operator: Installation, kube: Kube, namespace: str) -> str:  # noqa: ARG001 - its webhooks answer
    kube.create(shipped_runtime(namespace, RUNTIME))
    return namespace


def refusal_of(kube: Kube, job: Body) -> RefusedError | None:
    """Ask whether a TrainJob would be stored; None if it would."""
    try:
        kube.create_dry(job)
    except RefusedError as refusal:
        return refusal
    return None


def passed_over(operator: Installation) -> float:
    """Count the requests about which the API server has not asked."""
    lines = operator.kubectl("get", "--raw=/metrics").splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(PASSED_OVER))


def test_what_is_complete_is_stored_as_it_is(operator: Installation, kube: Kube, team: str) -> None:
    before = passed_over(operator)

    stored = kube.create_dry(trainjob(team, "complete", **COMPLETE))

    assert stored["spec"]["trainer"] == COMPLETE["trainer"]
    assert passed_over(operator) == before + 1


@pytest.mark.parametrize("spec", INCOMPLETE.values(), ids=INCOMPLETE)
def test_what_is_not_is_completed(kube: Kube, team: str, spec: Body) -> None:
    stored = kube.create_dry(trainjob(team, "incomplete", **spec))

    assert all(stored["spec"][field] != value for field, value in spec.items())


@pytest.mark.parametrize("place", PLACES)
def test_what_does_not_fit_the_schema_is_told_by_the_schema(kube: Kube, team: str, place: str) -> None:
    """A condition that cannot be evaluated would refuse as well, and not say what is wrong."""
    for junk in JUNK:
        spec = junk
        for name in reversed(place.split(".")):
            spec = {name: spec}
        refusal = refusal_of(kube, trainjob(team, "junk", **spec))
        assert refusal is None or refusal.status in {403, 422}
        assert "match condition" not in str(refusal)
