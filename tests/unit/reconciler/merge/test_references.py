"""References to environment variables: read as Kubernetes does, passed on as they were written."""

from typing import Any

import pytest
from tests.factories.objects import (
    LLAMA,
    SDK,
    SMOLLM,
    Body,
    container_of,
    gpus,
    rejected,
    resolved,
    runtime_with,
    trainjob,
)
from tests.factories.requests import created

from trainjob_operator.reconciler.merge.references import expand

KNOWN = {"A": "1", "B": "$(A)", "E": "", "S": None}
LR = {"name": "LR", "value": "0.001"}
OPAQUE = {"name": "LR", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}


@pytest.mark.parametrize(
    ("word", "expanded"),
    [
        ("lr=$(A)", "lr=1"),
        ("$(A)$(A)x", "11x"),
        ("$(B)", "$(A)"),
        ("a$(E)b", "ab"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$(S)", "${S}"),
        ("$(UNKNOWN)", "${UNKNOWN}"),
        ("$(A", "$(A"),
        ("$A ${A} $", "$A ${A} $"),
    ],
)
def test_kubernetes_expansion(word: str, expanded: str) -> None:
    assert expand(word, KNOWN) == expanded


def arguments(*words: str, env: list[Body] | None = None, **trainer: Any) -> Body:  # noqa: ANN401 - of a TrainJob
    return {"trainer": {"args": list(words), "env": env or [], **trainer}}


@pytest.mark.parametrize("command", [None, SDK], ids=["plain", "as the SDK"])
@pytest.mark.parametrize(
    ("words", "env"),
    [
        (["optimizer.lr=$(LR)"], [LR]),
        (["optimizer.lr=$(LR)"], [OPAQUE]),
        (["optimizer.lr=$(LR)"], [{"name": "X", "value": "0.1"}, {"name": "LR", "value": "$(X)"}]),
        (["epochs=$(EPOCHS)", "batch_size=$(EPOCHS)"], [{"name": "EPOCHS", "value": "2"}]),
        (["dataset.new_system_prompt=$$(LR)"], []),
    ],
)
def test_the_pod_gets_what_was_written(command: list[str] | None, words: list[str], env: list[Body]) -> None:
    spec = arguments(*words, env=env, command=command)

    assert list(container_of(resolved(trainjob(**spec))).args or ()) == words
    assert created(**spec).warnings == ()


def test_values_that_are_known_are_checked() -> None:
    spec = arguments("optimizer.lr=$(LR)", env=[{"name": "LR", "value": "fast"}])

    message = rejected(trainjob(**spec), runtime_with()).message

    assert message == "spec.trainer.args[0]: has optimizer.lr=fast: it has to be a number, such as 2e-5"


def test_what_only_looks_like_a_reference_is_checked_as_text() -> None:
    message = rejected(trainjob(**arguments("optimizer.lr=$$(LR)", env=[LR])), runtime_with()).message

    assert "has optimizer.lr=$(LR)" in message


def test_a_value_that_is_nobody_s_business_is_in_no_message() -> None:
    spec = arguments("optimizer.lr=$(MY_TOKEN)", env=[{"name": "MY_TOKEN", "value": "hf_x"}])

    assert "hf_x" not in " ".join((created(**spec).message, *created(**spec).warnings))


def test_values_choose_the_method_and_the_runtime_s_own_words_stay() -> None:
    own = [*SDK, "full_finetune_single_device", "--config", "llama3_2/1B_full_single_device", "output_dir=$(OUT)"]
    runtime = runtime_with(node={"command": own, "env": [{"name": "OUT", "value": "/o"}], "resources": gpus(1)})
    spec = arguments("model.quantize_base=$(Q)", env=[{"name": "Q", "value": "True"}])

    container = container_of(resolved(trainjob(**spec), runtime))

    assert (container.command or ())[2:] == (
        *("lora_finetune_single_device", "--config", "llama3_2/1B_qlora_single_device", "output_dir=$(OUT)"),
    )
    assert container.args == ("model.quantize_base=$(Q)",)


def test_a_name_in_no_environment_is_warned_of() -> None:
    [warning] = created(**arguments("epochs=1", "optimizer.lr=$(LR)")).warnings

    assert warning == (
        "spec.trainer.args[1] refers to $(LR), which is in no env of the trainer: it would stay as it is; set it in"
        " spec.trainer.env, or write $$(LR) if that is meant"
    )


@pytest.mark.parametrize(
    ("trainer", "node"),
    [
        ({"args": ["output_dir=/workspace/$(JOB_COMPLETION_INDEX)"]}, {}),
        ({"args": ["epochs=$(E)"]}, {"envFrom": [{"configMapRef": {"name": "sweep"}}]}),
        ({"args": ["epochs=$(PET_NNODES)"]}, {}),
        ({"args": ["metric_logger.log_dir=$(HOME)/logs"]}, {}),
        ({"command": ["sh", "-c", "echo $(date) && tune run x"]}, {}),
    ],
    ids=["the Job's", "of a ConfigMap", "ours", "the runtime's", "a shell's own"],
)
def test_no_warning_of_names_that_are_there(trainer: Body, node: Body) -> None:
    answer = created(runtime=runtime_with(name=LLAMA, node=node), trainer=trainer)

    assert answer.allowed, answer.message
    assert answer.warnings == ()


def test_sweeps_on_a_runtime_for_one_device() -> None:
    spec = arguments("optimizer.lr=$(LR)", env=[LR], numNodes=2)

    container = container_of(resolved(trainjob(runtime=SMOLLM, **spec)))

    assert "lora_finetune_distributed" in (container.command or ())
    assert container.args == ("optimizer.lr=$(LR)",)
