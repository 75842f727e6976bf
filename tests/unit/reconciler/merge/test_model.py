"""The model that is trained, beside the config that trains it."""

import pytest
from tests.factories.objects import LLAMA, SDK, SMOLLM, Body, resolved, runtime_body, trainjob

from trainjob_operator.api.runtime import parse_runtime


def model_of(spec: Body, runtime: str = SMOLLM, *, is_labelled: bool = True) -> str | None:
    body = runtime_body(runtime)
    if not is_labelled:
        del body["metadata"]["labels"]["trainer.kubeflow.org/model"]
    recipe = resolved(trainjob(runtime=runtime, **spec), parse_runtime(body)).recipe
    return recipe.model if recipe is not None else None


def source(uri: str, **more: object) -> Body:
    return {"initializer": {"model": {"storageUri": uri, **more}}}


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        pytest.param({}, "SmolLM2-135M-Instruct", id="the runtime's"),
        pytest.param({"trainer": {"command": SDK, "numNodes": 2}}, "SmolLM2-135M-Instruct", id="on several nodes"),
        pytest.param(source("hf://HuggingFaceTB/SmolLM2-135M"), "SmolLM2-135M", id="the TrainJob's"),
        pytest.param(source("hf://me/mine/checkpoint@v1"), "mine", id="with path and revision"),
        pytest.param(source("hf://gpt2@main"), "gpt2", id="without an organisation"),
        pytest.param(
            source("hf://a/b", env=[{"name": "STORAGE_URI", "value": "hf://a/c"}]), "c", id="the environment's"
        ),
        pytest.param(
            source("hf://a/b", env=[{"name": "STORAGE_URI", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]),
            "llama3_2/1B",
            id="a source that the pod alone knows",
        ),
        pytest.param(source("s3://bucket/key"), "llama3_2/1B", id="a source that does not tell"),
        pytest.param(source(""), "llama3_2/1B", id="no source"),
        pytest.param(
            {"trainer": {"command": [*SDK, "full_finetune_distributed", "--config", "qwen2_5/3B_full"]}},
            "qwen2_5/3B",
            id="another model's config",
        ),
    ],
)
def test_model(spec: Body, model: str) -> None:
    assert model_of(spec) == model


def test_a_runtime_without_a_label_is_known_by_its_source() -> None:
    assert model_of({}, is_labelled=False) == "SmolLM2-135M-Instruct"
    assert model_of(source("hf://HuggingFaceTB/SmolLM2-135M-Instruct")) == "SmolLM2-135M-Instruct"


def test_the_config_stands_beside_it() -> None:
    recipe = resolved(trainjob(runtime=LLAMA)).recipe

    assert recipe is not None
    assert (recipe.model, recipe.config) == ("Llama-3.2-1B-Instruct", "llama3_2/1B_full")
