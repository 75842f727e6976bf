"""A volume on which a download before has left something: what of it stays, and what goes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hub import Fault, HubServer
from tests.initializer.conftest import Container, write_files

NOTE = ".trainjob-source.json"
OLD = {"README.md": 10, "data/train-00000-of-00001.parquet": 200, "data/old.parquet": 50}
Serve = Callable[[str, dict[str, int]], str]


@pytest.fixture
def serve(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Serve:
    def add(name: str, sizes: dict[str, int]) -> str:
        return hub.add_repo("dataset", name, write_files(tmp_path_factory.mktemp("repository"), sizes))

    return add


@pytest.mark.parametrize(
    "new",
    [
        {"README.md": 11, "data/new.parquet": 100},
        {"data/train-00000-of-00002.parquet": 60, "data/train-00001-of-00002.parquet": 60},
        {"train.jsonl": 100},
        {"data": 30},
    ],
    ids=["other-names", "other-shards", "json-instead", "a-file-for-a-folder"],
)
def test_another_repository_replaces_the_one_before(container: Container, serve: Serve, new: dict[str, int]) -> None:
    serve("org/a", OLD)
    sha = serve("org/b", new)
    container.run("dataset", "hf://org/a")

    outcome = container.run("dataset", "hf://org/b")

    assert outcome.code == 0
    assert container.files("dataset") == sorted(new)
    note = json.loads((container.workspace / "dataset" / NOTE).read_text())
    assert note == {"uri": "hf://org/b", "commit": sha, "ignorePatterns": []}


def test_a_retried_initializer_takes_what_the_repository_has_become(
    container: Container, hub: HubServer, serve: Serve
) -> None:
    serve("org/a", OLD)
    hub.faults.append(Fault("/old.parquet", times=float("inf"), status=404))
    assert container.run("dataset", "hf://org/a").code != 0
    assert not (container.workspace / "dataset" / NOTE).exists()
    hub.faults.clear()
    serve("org/a", {"data/train.parquet": 70})

    assert container.run("dataset", "hf://org/a").code == 0
    assert container.files("dataset") == ["data/train.parquet"]


def test_no_file_appears_that_is_not_noted_as_downloaded(container: Container, serve: Serve) -> None:
    serve("org/a", {"data/train.parquet": 70})
    notes = container.workspace / "dataset" / ".cache" / "huggingface" / "download"
    write_files(notes, {"data": 1})

    assert container.run("dataset", "hf://org/a").code != 0
    assert container.files("dataset") == []

    (notes / "data").unlink()
    assert container.run("dataset", "hf://org/a").code == 0
    assert container.files("dataset") == ["data/train.parquet"]


def test_another_path_and_other_patterns_count_as_another_source(container: Container, serve: Serve) -> None:
    serve("org/a", {"en/train.parquet": 10, "de/train.parquet": 20, "de/notes.csv": 5})
    container.run("dataset", "hf://org/a/en")

    container.run("dataset", "hf://org/a/de")
    assert container.files("dataset") == ["de/notes.csv", "de/train.parquet"]

    container.run("dataset", "hf://org/a/de", IGNORE_PATTERNS="*.csv")
    assert container.files("dataset") == ["de/train.parquet"]


def test_what_no_download_has_brought_stays(container: Container, serve: Serve) -> None:
    serve("org/a", OLD)
    serve("org/b", {"data/new.parquet": 100})
    container.run("dataset", "hf://org/a")
    own = write_files(container.workspace / "dataset", {"mine.jsonl": 5, "data/mine.parquet": 6, "x.metadata": 1})
    (own / "latest").symlink_to("data")

    container.run("dataset", "hf://org/b")

    assert container.files("dataset") == ["data/mine.parquet", "data/new.parquet", "mine.jsonl", "x.metadata"]
    assert (own / "latest").is_symlink()


def test_a_model_leaves_neither_links_nor_its_name(container: Container, hub: HubServer, tmp_path: Path) -> None:
    a = write_files(tmp_path / "a", {"sub/config.json": 20, "sub/tokenizer.json": 9, "sub/model.safetensors": 500})
    b = write_files(tmp_path / "b", {"config.json": 21, "part/model.safetensors": 400})
    hub.add_repo("model", "org/a", a)
    hub.add_repo("model", "org/b", b)
    container.run("model", "hf://org/a/sub")
    assert (container.workspace / "model" / "tokenizer.json").is_symlink()

    container.run("model", "hf://org/b")
    assert container.files("model") == ["config.json", "original_repo_id.json", "part/model.safetensors"]

    container.run("model", "hf://org/a/sub")
    assert "original_repo_id.json" not in container.files("model")


def test_another_commit_with_the_same_content_downloads_what_is_new(
    container: Container, hub: HubServer, tmp_path: Path
) -> None:
    folder = write_files(tmp_path / "m", {"config.json": 20, "model.safetensors": 2_000_000})
    hub.add_repo("model", "org/m", folder)
    container.run("model", "hf://org/m")
    write_files(folder, {"config.json": 30})
    hub.add_repo("model", "org/m", folder)
    hub.requests.clear()

    outcome = container.run("model", "hf://org/m")

    assert outcome.lines[1].startswith("Downloading 1 of 2 files, 30 B")
    assert not any(request.path.endswith(".safetensors") for request in hub.requests)


def test_files_that_somebody_else_has_put_there_are_known_by_their_content(
    container: Container, hub: HubServer
) -> None:
    container.run("dataset", "hf://org/data")
    for note in (container.workspace / "dataset" / ".cache").rglob("*.metadata"):
        note.unlink()
    hub.requests.clear()

    assert container.run("dataset", "hf://org/data").lines[-1].startswith("4 files, 3.11 kB, already in")
    assert all(request.path.startswith("/api/") for request in hub.requests)


def test_folders_with_names_of_the_clients_files(container: Container, serve: Serve) -> None:
    files = {"x.lock/a.parquet": 5, "y.incomplete/b.parquet": 6, "z.metadata/c.parquet": 7, "w.part/d.parquet": 8}
    serve("org/odd", files)
    container.run("dataset", "hf://org/odd")

    assert container.run("dataset", "hf://org/odd").code == 0
    assert container.files("dataset") == sorted(files)
