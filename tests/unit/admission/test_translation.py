"""What is written in a form that can be stored and read by all."""

import pytest
from tests.factories.objects import runtime_with
from tests.factories.requests import Body, body, creation, mutated, update

from trainjob_operator.admission.review import mutate

CPUS = runtime_with(node={"resources": {"limits": {"cpu": 3}}})


@pytest.mark.parametrize(
    ("amount", "stored"),
    [(0.5, "0.5"), (2.0, 2.0), (2, 2), ("0.5", "0.5"), (1e22, "1e+22"), (None, None), (True, True), ([0.5], [0.5])],
)
def test_a_fraction_becomes_text(amount: object, stored: object) -> None:
    trainer = {"resourcesPerNode": {"limits": {"cpu": amount}, "requests": {"cpu": amount}}}

    spec = mutated(creation(body(trainer=trainer)))

    assert spec["trainer"]["resourcesPerNode"] == {"limits": {"cpu": stored}, "requests": {"cpu": stored}}


def test_a_fraction_that_is_no_quantity_is_left_to_the_schema() -> None:
    assert mutate(creation(body(activeDeadlineSeconds=0.5)), None).patch == ()


@pytest.mark.parametrize(
    ("trainer", "stored", "advice"),
    [
        (
            {"numProcPerNode": "auto"},
            {},
            "left out: that means one process for each accelerator, or each CPU if there is none",
        ),
        ({"numProcPerNode": "gpu"}, {}, "left out"),
        ({"numProcPerNode": "cpu"}, {"numProcPerNode": 3}, "a number, which was set here: 3"),
    ],
)
def test_a_number_of_processes_in_words(trainer: Body, stored: Body, advice: str) -> None:
    request = creation(body(trainer=trainer))

    assert mutated(request, CPUS)["trainer"] == stored
    [warning] = mutate(request, CPUS).warnings
    assert warning.startswith(
        f"spec.trainer.numProcPerNode: {trainer['numProcPerNode']} is the form of Kubeflow Trainer"
    )
    assert advice in warning


@pytest.mark.parametrize(
    ("of_runtime", "word", "stored"),
    [
        ("auto", "gpu", {}),
        (4, "auto", {"numProcPerNode": 2}),
        ("cpu", "gpu", {"numProcPerNode": 2}),
        (4, "cpu", {"numProcPerNode": 3}),
    ],
)
def test_a_word_is_not_left_out_where_the_runtime_says_otherwise(of_runtime: object, word: str, stored: Body) -> None:
    runtime = runtime_with(
        node={"resources": {"limits": {"cpu": 3, "nvidia.com/gpu": 2}}},
        spec={"mlPolicy": {"torch": {"numProcPerNode": of_runtime}}},
    )

    assert mutated(creation(body(trainer={"numProcPerNode": word})), runtime)["trainer"] == stored


def test_more_cpus_than_a_number_of_processes_can_be() -> None:
    trainer: Body = {"numProcPerNode": "cpu", "resourcesPerNode": {"limits": {"cpu": "1e30"}}}

    assert mutated(creation(body(trainer=trainer)), CPUS)["trainer"]["numProcPerNode"] == 2147483647


def test_cpu_stays_where_there_is_no_runtime_to_count_them() -> None:
    assert mutated(creation(body(trainer={"numProcPerNode": "cpu"})), None)["trainer"] == {"numProcPerNode": "cpu"}


def test_a_word_applied_again_is_no_change() -> None:
    old, new = body(trainer={"numProcPerNode": 3}), body(trainer={"numProcPerNode": "cpu"}, suspend=True)

    assert mutated(update(old, new), CPUS)["trainer"] == {"numProcPerNode": 3}
