"""What of a TrainJob reaches the initializers."""

from typing import Any

import pytest
from tests.factories.objects import container_of, env_of, resolved, trainjob

DEFAULT = "hf://tatsu-lab/alpaca"


@pytest.mark.parametrize(
    ("dataset", "uri"),
    [
        pytest.param(None, DEFAULT, id="nothing said"),
        pytest.param({}, DEFAULT, id="no source"),
        pytest.param({"storageUri": "hf://a/b"}, "hf://a/b", id="a source"),
        pytest.param({"storageUri": ""}, "", id="an empty source is a value"),
        pytest.param(
            {"storageUri": "hf://a/b", "env": [{"name": "STORAGE_URI", "value": "hf://c/d"}]}, "hf://c/d", id="env wins"
        ),
    ],
)
def test_the_source(dataset: dict[str, Any] | None, uri: str) -> None:
    job = trainjob() if dataset is None else trainjob(initializer={"dataset": dataset})

    container = container_of(resolved(job), "dataset-initializer")

    assert env_of(container)["STORAGE_URI"] == uri
    assert env_of(container)["HOME"] == "/workspace/.home"


def test_a_secret_is_referred_to_and_never_copied() -> None:
    job = trainjob(initializer={"model": {"secretRef": {"name": "token"}}})

    assert container_of(resolved(job), "model-initializer").env_from == ({"secretRef": {"name": "token"}},)
    assert container_of(resolved(job), "dataset-initializer").env_from is None
