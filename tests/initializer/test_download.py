"""What lies on the volume afterwards."""

import json
import stat
from pathlib import Path

import pytest
from tests.hub import HubServer
from tests.initializer.conftest import DATASET, TOKEN, Container

ORIGIN = "original_repo_id.json"
WHOLE_MODEL = [
    "config.json",
    "merges.txt",
    "model.safetensors",
    "original/tokenizer.model",
    "small/config.json",
    "vocab.json",
]


@pytest.mark.parametrize(
    ("uri", "files"),
    [
        ("hf://org/data", sorted(DATASET)),
        ("hf://squad", sorted(DATASET)),
        ("hf://org/data/data", ["data/test.parquet", "data/train.parquet"]),
        ("hf://org/data/data/train.parquet", ["data/train.parquet"]),
        ("hf://squad@main/extra", ["extra/more.parquet"]),
        ("hf://org/data@refs/convert/parquet/default/train", ["default/train/0000.parquet"]),
    ],
)
def test_dataset_keeps_the_layout_of_its_repository(container: Container, uri: str, files: list[str]) -> None:
    outcome = container.run("dataset", uri)

    assert outcome.code == 0
    assert outcome.lines[-1].endswith("Dataset has been downloaded")
    assert outcome.termination == ""
    assert container.files("dataset") == files


def test_a_second_model_lies_in_a_folder_that_is_not_there_yet(container: Container) -> None:
    """As the teacher of the bundled runtimes for distillation does."""
    folder = container.workspace / "teacher"

    assert container.run("model", "hf://org/model@v1", TRAINJOB_WORKSPACE=str(folder)).code == 0
    assert (folder / "model" / "config.json").is_file()


@pytest.mark.parametrize(
    ("uri", "files"),
    [
        ("hf://org/model", sorted([*WHOLE_MODEL, ORIGIN])),
        ("hf://gpt2@main", sorted([*WHOLE_MODEL, ORIGIN])),
        ("hf://org/model@v1", ["config.json", ORIGIN]),
        # What lies in a folder can be read at /workspace/model, too, where runtimes look for it.
        (
            "hf://org/model/small",
            ["config.json", "model.safetensors", "small/config.json", "small/model.safetensors"],
        ),
        ("hf://org/model/pytorch_model.bin", ["pytorch_model.bin"]),
        ("hf://org/model/small/model.safetensors", ["model.safetensors", "small/model.safetensors"]),
    ],
)
def test_model_is_a_plain_snapshot(container: Container, uri: str, files: list[str]) -> None:
    outcome = container.run("model", uri)

    assert outcome.code == 0
    assert outcome.lines[-1].endswith("Model has been downloaded")
    assert container.files("model") == files


@pytest.mark.parametrize(("uri", "name"), [("hf://org/model", "org/model"), ("hf://gpt2@v1", "gpt2")])
def test_a_model_knows_its_name(container: Container, uri: str, name: str) -> None:
    """As `tune download` notes it; what the repository has of that name is of the model that it was made of."""
    for _ in range(2):
        container.run("model", uri)

        assert json.loads((container.workspace / "model" / ORIGIN).read_text()) == {"repo_id": name}


def test_the_log_of_a_download(hub: HubServer, container: Container, shelf: Path) -> None:
    sha = hub.add_repo("model", "org/model", shelf / "model")

    outcome = container.run("model", "hf://org/model", IGNORE_PATTERNS="small/*,*.txt")

    folder = container.workspace / "model"
    assert outcome.lines == [
        f"Looking up the model org/model at {hub.url}",
        f"Downloading 4 of 4 files, 3.00 MB, of commit {sha[:7]} to {folder}",
        f"4 files, 3.00 MB, now in {folder}. Model has been downloaded",
    ]


def test_contents_are_those_of_the_repository_and_the_group_may_read_them(container: Container, shelf: Path) -> None:
    container.run("model", "hf://org/model")

    folder = container.workspace / "model"
    for path in WHOLE_MODEL:
        assert (folder / path).read_bytes() == (shelf / "model" / path).read_bytes()
    for entry in folder.rglob("*"):
        wanted = 0o775 if entry.is_dir() else 0o664
        assert stat.S_IMODE(entry.stat().st_mode) & wanted == wanted, entry


def test_a_second_run_asks_twice_and_downloads_nothing(hub: HubServer, container: Container) -> None:
    container.run("model", "hf://org/model")
    hub.requests.clear()

    outcome = container.run("model", "hf://org/model")

    assert outcome.code == 0
    assert [request.path.split("/")[2] for request in hub.requests] == ["models", "models"]
    assert outcome.lines[1:] == [
        f"6 files, 3.00 MB, already in {container.workspace / 'model'}. Model has been downloaded"
    ]


def test_a_damaged_file_is_downloaded_again(hub: HubServer, container: Container, shelf: Path) -> None:
    container.run("model", "hf://org/model")
    damaged = container.workspace / "model" / "model.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    hub.requests.clear()

    outcome = container.run("model", "hf://org/model")

    assert outcome.code == 0
    assert damaged.read_bytes() == (shelf / "model" / "model.safetensors").read_bytes()
    assert [request.path.rpartition("/")[2] for request in hub.requests if request.method == "GET"][2:] == [
        "model.safetensors"
    ]


def test_another_commit_replaces_what_has_changed(container: Container, shelf: Path) -> None:
    container.run("model", "hf://org/model@v1")

    outcome = container.run("model", "hf://org/model")

    assert outcome.code == 0
    changed = container.workspace / "model" / "config.json"
    assert changed.read_bytes() == (shelf / "model" / "config.json").read_bytes()


@pytest.mark.parametrize("variable", ["ACCESS_TOKEN", "HF_TOKEN"])
def test_a_private_repository_with_its_token(hub: HubServer, container: Container, shelf: Path, variable: str) -> None:
    hub.add_repo("model", "org/private", shelf / "model-v1", private=True)

    outcome = container.run("model", "hf://org/private", **{variable: TOKEN})

    assert outcome.code == 0
    assert {request.token for request in hub.requests} == {TOKEN}


def test_runs_without_a_home(container: Container) -> None:
    outcome = container.run("dataset", "hf://org/data", HOME="/proc", HF_TOKEN="", HF_HOME="", HF_HUB_ETAG_TIMEOUT="")

    assert outcome.code == 0
