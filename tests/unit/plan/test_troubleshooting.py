"""Mistakes that are told before there is a pod, each made by a TrainJob, in the words of the page for users."""

from typing import Any

import pytest
from tests.factories.objects import SDK, step
from tests.factories.terminal import RESERVED, Terminal, given_runtime, job
from tests.troubleshooting import read_rows

ROWS = read_rows("admission")
FULL = ("full_finetune_distributed", "--config", "llama3_2/1B_full")


def arguments(*words: str) -> dict[str, Any]:
    return {"trainer": {"command": SDK, "args": list(words)}}


def command(*words: str) -> dict[str, Any]:
    return {"trainer": {"command": [*SDK, *words]}}


def model(uri: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a TrainJob
    return {"initializer": {"model": {"storageUri": uri}}, **more}


MISTAKES: dict[str, dict[str, Any]] = {
    "a runtime that is not there": {"runtime": "torchtune-llama9-1b"},
    "a misspelt field": {"trainer": {"numNode": 2}},
    "a name that is too long": {"name": "a" * 60},
    "a path that the runtime manages": arguments("output_dir=/elsewhere"),
    "torchrun's variables": {"trainer": RESERVED},
    "a method that TorchTune lacks for this model": {"runtime": "ppo", **arguments("epochs=1")},
    "a value that is no number": arguments("epochs=1", "batch_size=many"),
    "an unknown precision": arguments("dtype=float16"),
    "an unknown device": arguments("device=gpu"),
    "LoRA keys on a recipe for all weights": arguments("model.lora_rank=8"),
    "LoRA modules that do not exist": arguments("model.lora_attn_modules=[q_proj,o_proj]"),
    "a model without adapters for LoRA": arguments(
        "model=torchtune.models.llama3_2.llama3_2_1b", "model.lora_attn_modules=[q_proj]"
    ),
    "packed rows without a length": arguments("dataset.packed=True"),
    "the result inside the model": command(
        *FULL, "checkpointer.checkpoint_dir=/workspace/model", "output_dir=/workspace/model/output"
    ),
    "the address of a page of the Hub": model("https://huggingface.co/Org/Model"),
    "part of such an address": model("hf://Org/Model/tree/main"),
    "an `@` without a revision": model("hf://Org/Model@"),
    "a data set's name for a model": model("hf://datasets/Org/Rows"),
    "credentials in a URI": model("s3://KEY:SECRET@bucket/model"),
    "a source that our image does not read": model("s3://bucket/model"),
    "such an address, for an initializer of others": model("hf://Org/Model/tree/main", runtime="others"),
    "a misspelt override": arguments("epcohs=3"),
    "a key twice": arguments("epochs=1", "epochs=2"),
    "text that YAML reads as something else": arguments("dataset.new_system_prompt=Answer: briefly"),
    "a misspelt recipe or config": command("full_finetune_distributed", "--config", "llama3_2/1B_ful"),
    "processes other than GPUs": {"trainer": {"command": SDK, "numProcPerNode": 4}},
    "a result that is lost": command(*FULL),
    "a token in clear": {"initializer": {"model": {"env": [{"name": "ACCESS_TOKEN", "value": "hf_x"}]}}},
}


def runtime_for_ppo() -> dict[str, Any]:
    """Two GPUs, where TorchTune trains on one."""
    runtime = given_runtime("ppo")
    command = [*SDK, "ppo_full_finetune_single_device", "--config", "mistral/7B_full_ppo_low_memory"]
    step(runtime, "node")["template"]["spec"]["template"]["spec"]["containers"][0]["command"] = command
    return runtime


def runtime_with_another_initializer() -> dict[str, Any]:
    runtime = given_runtime("others")
    container = step(runtime, "model-initializer")["template"]["spec"]["template"]["spec"]["containers"][0]
    container["image"] = "registry.example.com/downloads:1"
    return runtime


def test_every_row_is_made() -> None:
    assert set(MISTAKES) == set(ROWS)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake(terminal: Terminal, mistake: str) -> None:
    row = ROWS[mistake]
    code, out, err = terminal.plan(job(**MISTAKES[mistake]), runtime_for_ppo(), runtime_with_another_initializer())

    assert code == (1 if row.how == "refused" else 0), out + err
    assert row.pattern.search(out + err), out + err


def test_the_table_is_long_enough() -> None:
    assert sum(len(read_rows(teller)) for teller in ("admission", "initializer", "trainer")) >= 40
