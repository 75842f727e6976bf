"""What a runtime is denied for."""

import pytest
from tests.factories.objects import LLAMA, runtime_body, step
from tests.factories.rendering import RUNTIMES
from tests.factories.requests import Body, creation, update

from trainjob_operator.admission.review import mutate, runtime_wanted, validate

KINDS = ("TrainingRuntime", "ClusterTrainingRuntime")


def with_step(step_name: str, **changes: object) -> Body:
    runtime = runtime_body(LLAMA)
    step(runtime, step_name).update(changes)
    return runtime


def with_container(name: str) -> Body:
    runtime = runtime_body(LLAMA)
    step(runtime, "node")["template"]["spec"]["template"]["spec"]["containers"][0]["name"] = name
    return runtime


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("runtime", "message"),
    [
        pytest.param(
            with_step("node", replicas=2),
            "spec.template.spec.replicatedJobs[node].replicas: always must be 1",
            id="replicas",
        ),
        pytest.param(
            with_container("main"), "must contain the required container node for the ancestor trainer", id="container"
        ),
        pytest.param(
            {**runtime_body(), "spec": {"mlPolicy": {"jax": {}}}}, "spec.mlPolicy.jax: is not supported", id="policy"
        ),
        pytest.param({**runtime_body(), "spec": {"template": {"spec": 1}}}, "spec.template.spec", id="no runtime"),
        pytest.param({**runtime_body(), "spec": 1}, "spec", id="no specification"),
        pytest.param({}, "spec: must be of type object", id="nothing"),
        pytest.param({**runtime_body(), "metadata": 1}, "metadata: Input should be", id="no metadata"),
    ],
)
def test_denied(kind: str, runtime: Body, message: str) -> None:
    for request in (creation(runtime, kind), update({"spec": {}}, runtime, kind)):
        answer = validate(request, None)
        assert not answer.allowed
        assert message in answer.message


@pytest.mark.parametrize("name", sorted(file.stem for file in RUNTIMES.glob("t*.yaml")))
def test_bundled_ones_pass_without_a_warning(name: str) -> None:
    for kind in KINDS:
        assert validate(creation(runtime_body(name), kind), None) == validate(creation(runtime_body(name), "Pod"), None)


def test_a_name_that_a_later_trainer_refuses() -> None:
    runtime = with_step("node", name="n" * 21)

    [warning] = validate(creation(runtime, KINDS[0]), None).warnings

    assert warning.startswith("spec.template.spec.replicatedJobs[2].name: nnnnnnnnnnnnnnnnnnnnn has 21 characters")


def test_what_jobset_would_do_is_warned_of() -> None:
    exclusive = {"annotations": {"alpha.jobset.sigs.k8s.io/exclusive-topology": "rack", "example.com/team": "a"}}
    runtime = runtime_body()
    runtime["spec"]["template"]["metadata"] = exclusive
    step(runtime, "node")["template"]["metadata"].update(exclusive)

    warnings = validate(creation(runtime, KINDS[0]), None).warnings

    name = "metadata.annotations[alpha.jobset.sigs.k8s.io/exclusive-topology] has no effect"
    assert [warning.partition(":")[0] for warning in warnings] == [
        f"spec.template.{name}",
        f"spec.template.spec.replicatedJobs[2].template.{name}",
    ]


def test_runtimes_are_not_changed() -> None:
    request = creation(runtime_body(), KINDS[0])

    assert mutate(request, None).patch == ()
    assert runtime_wanted(request) is None
