"""The initializer as its container runs it, and a Hub to download from."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.hub import HubServer

TOKEN = "hf_aGoodTokenThatNobodyMaySee"  # noqa: S105 - made up
STRANGER = "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"
MODEL = {
    "config.json": 20,
    "model.safetensors": 3_000_000,
    "original/tokenizer.model": 500,
    "original/consolidated.00.pth": 4000,
    "pytorch_model.bin": 5000,
    "original_repo_id.json": 40,
    "vocab.json": 30,
    "merges.txt": 10,
    "small/config.json": 21,
    "small/model.safetensors": 1000,
}
DATASET = {"README.md": 100, "data/train.parquet": 2000, "data/test.parquet": 1000, "extra/more.parquet": 10}


@dataclass(frozen=True)
class Outcome:
    """What is left of a run: the exit code, the log, the termination message."""

    code: int
    lines: list[str]
    termination: str


@dataclass(frozen=True)
class Container:
    """Where an initializer runs: a volume at `workspace`, and an environment."""

    workspace: Path
    environment: dict[str, str]

    def start(self, kind: str, uri: str, **environment: str) -> subprocess.Popen[str]:
        (self.workspace / "termination-log").touch()
        return subprocess.Popen(
            [sys.executable, "-m", "trainjob_initializer", kind],
            env={**self.environment, "STORAGE_URI": uri, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, kind: str, uri: str, **environment: str) -> Outcome:
        process = self.start(kind, uri, **environment)
        log, _ = process.communicate(timeout=120)
        return Outcome(process.returncode, log.splitlines(), self.termination())

    def termination(self) -> str:
        return (self.workspace / "termination-log").read_text()

    def files(self, kind: str) -> list[str]:
        folder = self.workspace / kind
        found = (path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts)
        return sorted(path.relative_to(folder).as_posix() for path in found if path.name != ".trainjob-source.json")


def write_files(folder: Path, sizes: dict[str, int]) -> Path:
    for path, size in sizes.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(os.urandom(size))
    return folder


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders with a model and a data set, each in two revisions."""
    folder = tmp_path_factory.mktemp("shelf")
    write_files(folder / "model", MODEL)
    write_files(folder / "model-v1", {"config.json": 7})
    write_files(folder / "dataset", DATASET)
    write_files(folder / "dataset-parquet", {"default/train/0000.parquet": 9})
    return folder


@pytest.fixture
def hub(shelf: Path) -> Iterator[HubServer]:
    with HubServer(tokens=[TOKEN, STRANGER]) as server:
        for name in ("org/model", "gpt2"):
            server.add_repo("model", name, shelf / "model", revisions={"v1": shelf / "model-v1"})
        for name in ("org/data", "squad"):
            revisions = {"refs/convert/parquet": shelf / "dataset-parquet"}
            server.add_repo("dataset", name, shelf / "dataset", revisions=revisions)
        yield server


@pytest.fixture
def container(tmp_path: Path, hub: HubServer) -> Container:
    return Container(
        tmp_path,
        {
            "PATH": os.environ["PATH"],
            # The program that these tests lie beside, wherever it is installed.
            "PYTHONPATH": os.pathsep.join(sys.path),
            "HOME": str(tmp_path / ".home"),
            "HF_ENDPOINT": hub.url,
            "TRAINJOB_WORKSPACE": str(tmp_path),
            "TERMINATION_MESSAGE_PATH": str(tmp_path / "termination-log"),
        },
    )
