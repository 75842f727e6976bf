"""The examples and the bundled runtimes are what the operator accepts, and come to the recipe that they promise."""

from pathlib import Path

import pytest
from tests.factories.rendering import EXAMPLES, RUNTIMES, read

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import ResolvedJob

FILES = sorted(EXAMPLES.glob("*.yaml"))
IDENTITY = {"namespace": "default", "uid": "5f0c2b1e-0000-4000-8000-000000000000"}


def trainjob(file: Path) -> TrainJob:
    body = read(file)
    return TrainJob.model_validate(body | {"metadata": body["metadata"] | IDENTITY})


def runtime(name: str) -> Runtime:
    return Runtime.model_validate(read(RUNTIMES / f"{name}.yaml"))


def resolved(file: Path) -> ResolvedJob:
    job = trainjob(file)
    result = resolve(job, runtime(job.spec.runtime_ref.name))
    assert isinstance(result, ResolvedJob), result
    return result


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_named_as_its_file_and_resolves(file: Path) -> None:
    assert resolved(file).name == file.stem


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_in_the_readme(file: Path) -> None:
    assert f"`{file.name}`" in (EXAMPLES / "README.md").read_text()


@pytest.mark.parametrize(
    ("name", "start", "args"),
    [
        (
            "smollm2-docstrings",
            ["tune", "run", "lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device"],
            ["max_steps_per_epoch=16", "seed=7"],
        ),
        (
            "private-model",
            [
                "tune",
                "run",
                "--rdzv_endpoint=localhost:29500",
                "full_finetune_distributed",
                "--config",
                "llama3_2/1B_full",
            ],
            ['dataset.column_map={"input": "instruction", "output": "output"}', "epochs=1"],
        ),
        (
            "sdk",
            ["tune", "run", "lora_finetune_single_device", "--config", "llama3_2/1B_lora_single_device"],
            None,
        ),
    ],
)
def test_the_recipe_is_the_one_promised(name: str, start: list[str], args: list[str] | None) -> None:
    [trainer] = [step for step in resolved(EXAMPLES / f"{name}.yaml").steps if step.name == "node"]
    [container] = trainer.template.spec.template.spec.containers

    assert list(container.command or ())[: len(start)] == start
    assert args is None or list(container.args or ()) == args
