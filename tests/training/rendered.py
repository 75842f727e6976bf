"""What the pods of a TrainJob run, as `trainjob-operator plan` tells, in a container of the tests."""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from tests.devcluster.cache import ROOT
from tests.devcluster.port import Port
from tests.models import store, tiny_overrides
from tests.training import variants
from tests.training.container import PACKAGE, Container

from trainjob_operator.plan.documents import read_documents
from trainjob_operator.plan.forecast import all_children, foresee

_WORKSPACE = PurePosixPath("/workspace")
_MODEL, _DATASET, _OUTPUT = (_WORKSPACE / name for name in ("model", "dataset", "output"))
_RUNTIMES = ROOT / "runtimes"
_MANAGED = ("tokenizer.path=", "checkpointer.checkpoint_dir=", "output_dir=")
_COMMON = ("dtype=fp32", "seed=7", "metric_logger.filename=train.log", "log_peak_memory_stats=False")


@dataclass(frozen=True, slots=True)
class Tiny:
    """A TrainJob of a tiny model.

    Attributes:
        overrides: its arguments, beside the sizes of the model and where the data lie.
        runtime: one of those that are shipped.
        family: of TorchTune's models; `model` is a folder of `store.tiny()` of that family.
        lora: whether adapters are trained.
        dataset, builder: a folder of `store.tiny()`, and what reads it.
        variant: of the image.
    """

    overrides: tuple[str, ...]
    runtime: str = "torchtune-llama3.2-1b"
    family: str = "llama3_2"
    model: str = "model"
    lora: bool = False
    dataset: str = "dataset"
    builder: str = "instruct_dataset"
    variant: str = ""

    def documents(self) -> list[dict[str, Any]]:
        """Return the TrainJob, without what its runtime says of itself, and the runtime."""
        own = tiny_overrides.overrides(
            _MODEL, _DATASET, _OUTPUT, lora=self.lora, builder=self.builder, family=self.family
        )
        free = [word for word in own if not word.startswith(_MANAGED)]
        trainjob = {
            "apiVersion": "trainer.kubeflow.org/v1alpha1",
            "kind": "TrainJob",
            "metadata": {"name": "tiny", "namespace": "default"},
            "spec": {
                "runtimeRef": {"name": self.runtime},
                "trainer": {
                    "command": ["tune", "run"],
                    "resourcesPerNode": {"limits": {"nvidia.com/gpu": 1}},
                    "args": [*free, *_COMMON, *self.overrides],
                },
            },
        }
        return [trainjob, runtime(self.runtime)]


def runtime(name: str) -> dict[str, Any]:
    """Return a runtime that is shipped."""
    body: dict[str, Any] = yaml.safe_load((_RUNTIMES / f"{name}.yaml").read_text())
    return body


def render(tiny: Tiny, volume: Path, others: Mapping[str, Path]) -> tuple[Container, list[str]]:
    """Return a container whose volume is as the initializers leave it, and the words after `tune` in its command.

    `others` are further folders on the volume, by their place there.
    """
    source = store.tiny()
    folders = {_MODEL.name: source / tiny.model, _DATASET.name: source / tiny.dataset, **others}
    return place(tiny.documents(), volume, folders, variant=tiny.variant)


def place(
    documents: Sequence[dict[str, Any]], volume: Path, folders: Mapping[str, Path], *, variant: str = ""
) -> tuple[Container, list[str]]:
    """Return the same for a TrainJob and its runtime; `folders` are what is on the volume, `variant` the image's."""
    words, variables = command_of(documents)
    volume.mkdir(parents=True, exist_ok=True)
    for name, folder in folders.items():
        (volume / name).parent.mkdir(exist_ok=True)
        (volume / name).symlink_to(folder)
    with closing(Port("localhost")) as port:
        meeting = f"--rdzv_endpoint=localhost:{port.number}"
    words = [word.replace(f"{_WORKSPACE}", str(volume)) for word in words]
    words = [meeting if word.startswith("--rdzv_endpoint=") else word for word in words]
    if variant:
        variables["PYTHONPATH"] = f"{PACKAGE}{os.pathsep}{variants.ensure(variant)}"
    return Container(volume, volume / _MODEL.name, volume / _DATASET.name, variables), words


def command_of(documents: Sequence[dict[str, Any]]) -> tuple[list[str], dict[str, str]]:
    """Return the words after `tune` in the command of a TrainJob's first node, and its environment."""
    read = read_documents([("test", yaml.safe_dump_all(documents).encode())], "default")
    outcomes = foresee(read, datetime.now(UTC))
    assert [error for outcome in outcomes for error in outcome.errors] == []
    [trainer] = [child for child in all_children(outcomes) if child["metadata"]["name"].endswith("-node-0")]
    [pod] = trainer["spec"]["template"]["spec"]["containers"]
    words = [*pod["command"], *pod.get("args", ())]
    assert words[0] == "tune"
    return words[1:], {one["name"]: one.get("value", "0") for one in pod["env"] if one["name"] != "HOME"}
