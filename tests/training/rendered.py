"""What the pods of a TrainJob run, as `trainjob-operator render` tells, in a container of the tests."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from tests.devcluster.cache import ROOT
from tests.models import store, tiny_overrides
from tests.training import variants
from tests.training.container import PACKAGE, Container
from tests.training.ports import free_port

from trainjob_operator.preview.documents import read_documents
from trainjob_operator.preview.forecast import all_children, foresee

_WORKSPACE = PurePosixPath("/workspace")
_MODEL, _DATASET, _OUTPUT = (_WORKSPACE / name for name in ("model", "dataset", "output"))
_SHIPPED = ROOT / "runtimes" / "torchtune-llama3.2-1b.yaml"
_COMMON = ("dtype=fp32", "seed=7", "metric_logger.filename=train.log", "log_peak_memory_stats=False")


@dataclass(frozen=True, slots=True)
class Tiny:
    """A TrainJob of a tiny model.

    Attributes:
        overrides: its arguments, beside the sizes of the model and where the data lie.
        recipe, config: of its runtime; without them it is the shipped one of Llama 3.2 1B, and the operator chooses.
        family: of TorchTune's models; `model` is a folder of `store.tiny()` of that family.
        lora: whether adapters are trained.
        dataset, builder: a folder of `store.tiny()`, and what reads it.
        variant: of the image.
    """

    overrides: tuple[str, ...]
    recipe: str = ""
    config: str = ""
    family: str = "llama3_2"
    model: str = "model"
    lora: bool = False
    dataset: str = "dataset"
    builder: str = "instruct_dataset"
    variant: str = ""

    def documents(self) -> list[dict[str, Any]]:
        """Return the TrainJob and its runtime."""
        runtime = yaml.safe_load(_SHIPPED.read_text())
        own = tiny_overrides.overrides(
            _MODEL, _DATASET, _OUTPUT, lora=self.lora, builder=self.builder, family=self.family
        )
        [node] = [one for one in runtime["spec"]["template"]["spec"]["replicatedJobs"] if one["name"] == "node"]
        [container] = node["template"]["spec"]["template"]["spec"]["containers"]
        places = [word for word in own if word.startswith(("tokenizer.path=", "checkpointer.", "output_dir="))]
        if self.recipe:
            runtime["metadata"]["name"] = "own"
            flags = ["--rdzv_endpoint=localhost:29500"] if self.recipe.endswith("_distributed") else []
            container["command"] = ["tune", "run", *flags, self.recipe, "--config", self.config, *places]
        free = [word for word in own if word not in places]
        trainjob = {
            "apiVersion": runtime["apiVersion"],
            "kind": "TrainJob",
            "metadata": {"name": "tiny", "namespace": "default"},
            "spec": {
                "runtimeRef": {"name": runtime["metadata"]["name"]},
                "trainer": {
                    **({} if self.recipe else {"command": ["tune", "run"]}),
                    "resourcesPerNode": {"limits": {"nvidia.com/gpu": 1}},
                    "args": [*free, *_COMMON, *self.overrides],
                },
            },
        }
        return [trainjob, runtime]


def render(tiny: Tiny, volume: Path, **others: Path) -> tuple[Container, list[str]]:
    """Return a container whose volume is as the initializers leave it, and the words after `tune` in its command.

    `others` are further folders on the volume, by name.
    """
    words, variables = command_of(tiny.documents())
    source = store.tiny()
    volume.mkdir(parents=True, exist_ok=True)
    for name, folder in {_MODEL.name: source / tiny.model, _DATASET.name: source / tiny.dataset, **others}.items():
        (volume / name).symlink_to(folder)
    meeting = f"localhost:{free_port()}"
    words = [word.replace(f"{_WORKSPACE}", str(volume)).replace("localhost:29500", meeting) for word in words]
    if tiny.variant:
        variables["PYTHONPATH"] = f"{PACKAGE}{os.pathsep}{variants.ensure(tiny.variant)}"
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
