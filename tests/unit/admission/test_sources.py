"""Storage URIs that nothing could download, told before there is a pod; the forms are in test_storage_uri."""

from typing import Any

import pytest
from tests.factories.objects import LLAMA, Body, runtime_body, step
from tests.factories.requests import body, created, updated

from trainjob_operator.admission.review import Answer
from trainjob_operator.api.runtime import Runtime, parse_runtime

KUBEFLOW = "ghcr.io/kubeflow/trainer/model-initializer:v2.3.0"
FORMS = "this version downloads hf://org/repo"
TOKEN = "hf_" + "a1B2" * 9


def with_image(image: str) -> Runtime:
    runtime = runtime_body(LLAMA)
    for name in ("dataset-initializer", "model-initializer"):
        step(runtime, name)["template"]["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return parse_runtime(runtime)


def from_model(uri: str, image: str = "", **source: Any) -> Answer:  # noqa: ANN401 - of any form in a test
    initializer = {"model": {"storageUri": uri, **source}}
    return created(initializer=initializer, trainer={}, **({"runtime": with_image(image)} if image else {}))


def env(**uri: object) -> list[Body]:
    return [{"name": "HF_HUB_OFFLINE", "value": "0"}, {"name": "STORAGE_URI", **uri}]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("https://huggingface.co/Org/M", "https://huggingface.co/Org/M is the address of a page: write hf://Org/M"),
        ("hf://Org/M/tree/main", "hf://Org/M/tree/main has /tree/main in it, as addresses of pages do"),
        ("s3://bucket/key", f"s3://bucket/key is not supported: {FORMS}"),
        ("cache://schema/table", f"cache://schema/table is not supported: {FORMS}"),
        ("hf://Org/M@", "hf://Org/M@ has no revision behind its @: write hf://Org/M"),
        ("hf://datasets/Org/D", "hf://datasets/Org/D does not name a model, but one of the Hub's datasets"),
    ],
)
def test_what_our_image_cannot_read_is_refused(uri: str, message: str) -> None:
    answer = from_model(uri)

    assert not answer.allowed
    assert answer.message.startswith(f"spec.initializer.model.storageUri: {message}")


@pytest.mark.parametrize(
    "image",
    [
        "trainjob-operator/initializer",
        "registry.example.com:5000/mirror/ghcr.io/trainjob-operator/initializer:0.1.0",
        "ghcr.io/trainjob-operator/initializer@sha256:" + "0" * 64,
    ],
)
def test_our_image_is_known_by_its_path(image: str) -> None:
    assert not from_model("s3://bucket/key", image).allowed


@pytest.mark.parametrize(
    "uri",
    [
        "hf://gpt2",
        "hf://Org/M@refs/pr/7/original",
        "hf://Org/M@feature%2Fone",
        "hf://Org/M/tree",
        "hf://Org/M@main/tree/oak",
        "hf://Org/M/raw/2024",
        "hf://models/Org/M",
        "hf://Org/some.model.v1.5",
        " hf://Org/M\n",
        "hf://$(ORG)/M/tree/main",
    ],
)
@pytest.mark.parametrize("image", ["", KUBEFLOW])
def test_what_can_be_read_is_let_through_without_a_word(uri: str, image: str) -> None:
    answer = from_model("hf://Org/M", image, env=[{"name": "STORAGE_URI", "value": uri}])

    assert (answer.message, answer.warnings) == ("", ())


@pytest.mark.parametrize(
    "uri", ["s3://bucket/key", "cache://schema/table", "pvc://claim/a@b", "https://host/model.tar", ""]
)
def test_others_images_may_read_what_ours_does_not(uri: str) -> None:
    answer = from_model(uri, KUBEFLOW)

    assert (answer.message, answer.warnings) == ("", ())


@pytest.mark.parametrize("uri", ["hf://Org/M/tree/main", "https://huggingface.co/Org/M", "hf://Org/M.git"])
def test_a_pasted_address_is_a_warning_for_an_image_that_is_not_ours(uri: str) -> None:
    answer = from_model(uri, KUBEFLOW)

    assert answer.allowed
    [warning] = answer.warnings
    assert warning.startswith(f"spec.initializer.model.storageUri: {uri} ")
    assert "write hf://Org/M" in warning
    assert warning.endswith(f"(unless {KUBEFLOW}, which is not ours, reads this)")


def test_the_environment_says_where_from_if_it_does() -> None:
    answer = from_model("hf://Org/M", env=env(value="s3://bucket/key"))

    assert answer.message.startswith("spec.initializer.model.env[1].value: s3://bucket/key is not supported")


@pytest.mark.parametrize(
    "given",
    [{"valueFrom": {"secretKeyRef": {"name": "s", "key": "uri"}}}, {"value": "hf://Org/M"}, {"value": ""}],
    ids=["only the pod knows", "another one counts", "nothing"],
)
def test_what_does_not_count_is_not_read(given: Body) -> None:
    assert from_model("s3://bucket/key", env=env(**given)).allowed


@pytest.mark.parametrize("image", ["", KUBEFLOW])
@pytest.mark.parametrize("uri", [f"hf://user:{TOKEN}@org/repo", f"hf://{TOKEN}@org/repo", "s3://KEY:SEC/RET@bucket/x"])
def test_credentials_are_told_of_and_not_told(uri: str, image: str) -> None:
    answer = from_model(uri, image)

    [said] = answer.warnings if image else answer.errors
    assert answer.allowed == bool(image)
    assert "has credentials in it" in said
    assert "put new ones into a Secret" in said
    assert not any(secret in said for secret in (TOKEN, "KEY:", "SEC/RET", "RET@"))


def test_both_are_told_with_all_else_that_is_wrong() -> None:
    source = {"storageUri": "https://huggingface.co/datasets/Org/D"}
    answer = created(name="n" * 40, initializer={"model": source, "dataset": source})

    assert [error.partition(": ")[0] for error in answer.errors] == [
        "metadata.name",
        "spec.initializer.dataset.storageUri",
        "spec.initializer.model.storageUri",
    ]
    assert "write hf://Org/D" in answer.message
    assert "does not name a model, but one of the Hub's datasets" in answer.message


def test_what_is_stored_is_not_judged_again() -> None:
    stored = body(initializer={"model": {"storageUri": "s3://bucket/key"}})

    assert updated(stored, body(initializer={"model": {"storageUri": "s3://bucket/key"}}, suspend=True)).allowed
