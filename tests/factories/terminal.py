"""The command as somebody at a terminal uses it, and what to give it."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.factories.objects import LLAMA, runtime_body
from trainjob_operator.cli.app import main

Body = dict[str, Any]
RESERVED = {"env": [{"name": "PET_NNODES", "value": "2"}]}
"""A trainer that no TrainJob may have."""


class Terminal:
    """Gives files to the command; answers with its exit code and what it prints on both streams."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys

    def plan(self, *bodies: Body, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
        file = self._folder / "given.yaml"
        file.write_text(yaml.safe_dump_all(deepcopy(bodies)))
        return self.run(*options, "-f", str(file))

    def run(self, *arguments: str) -> tuple[int, str, str]:
        code = main(["plan", *arguments])
        return code, *self._capsys.readouterr()


def job(name: str = "j", runtime: str = LLAMA, **spec: object) -> Body:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name},
        "spec": {"runtimeRef": {"name": runtime}, **spec},
    }


def given_runtime(name: str = LLAMA, **changes: object) -> Body:
    return runtime_body() | {"metadata": {"name": name}} | changes
