"""What needs no `datasets`; the rest is in tests/training."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from tests.factories.training import dataset

from trainjob_torchtune.preflight.data.files import check_files, is_local
from trainjob_torchtune.preflight.data.rows import look_at_rows
from trainjob_torchtune.run.training import DatasetSource


@pytest.mark.parametrize(
    ("source", "local"),
    [
        (dataset(source="parquet", data_dir="/d"), True),
        (dataset(source="json", data_files="https://host/a.json"), False),
        (dataset(source="json", data_files={"train": ["a.json", "hf://b.json"]}), False),
        (dataset(source="/"), True),
        (dataset(source="tatsu-lab/alpaca"), False),
        (dataset("alpaca_dataset"), False),
    ],
    ids=["format", "fetched", "one-is-fetched", "folder", "hub", "the-builders-own"],
)
def test_where_rows_lie(source: DatasetSource, *, local: bool) -> None:
    assert is_local(source) is local


@pytest.mark.parametrize(
    "source",
    [
        dataset(source="tatsu-lab/alpaca"),
        dataset(source="json", data_dir="/d", streaming=True),
        dataset("samsum_dataset", source="json", data_dir="/d"),
    ],
    ids=["fetched", "streamed", "unknown-builder"],
)
def test_rows_that_only_the_recipe_can_count(source: DatasetSource) -> None:
    assert look_at_rows(source, None, lambda *_: None) is None


@pytest.mark.parametrize(
    "options",
    [
        {"source": "json", "data_dir": "{tmp}"},
        {"source": "json", "data_files": "{tmp}/a.json"},
        {"source": "json", "data_dir": "{tmp}", "data_files": ["a.json"]},
        {"source": "{tmp}", "data_files": "a.json"},
        {"source": "json", "data_files": "{tmp}/*.jsonl"},
    ],
    ids=["folder", "file", "file-of-a-folder", "file-of-the-source", "pattern"],
)
def test_files_that_are_there(tmp_path: Path, options: dict[str, Any]) -> None:
    (tmp_path / "a.json").touch()

    assert check_files(placed(tmp_path, options)) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"source": "json", "data_dir": "{tmp}/data"},
            (
                "There is no data folder {tmp}/data (dataset.data_dir); {tmp} holds a.json: set dataset.data_dir to "
                "the folder that holds the files."
            ),
        ),
        (
            {"source": "json", "data_files": "{tmp}/b.json"},
            "The data file {tmp}/b.json (dataset.data_files) is missing; {tmp} holds a.json.",
        ),
    ],
    ids=["folder", "file"],
)
def test_files_that_are_missing(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    (tmp_path / "a.json").touch()
    violation = check_files(placed(tmp_path, options))

    assert violation is not None
    assert violation.message == message.replace("{tmp}", str(tmp_path))


def placed(tmp_path: Path, options: dict[str, Any]) -> DatasetSource:
    def place(value: Any) -> Any:  # noqa: ANN401 - an option may be anything
        return value.replace("{tmp}", str(tmp_path)) if isinstance(value, str) else value

    return dataset(**{name: place(value) for name, value in options.items()})


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
PAGE = "\n<!DOCTYPE html><html><body>Log in</body></html>"


@pytest.mark.parametrize(
    ("source", "text", "words"),
    [
        ("json", POINTER, "a pointer of Git LFS"),
        ("text", POINTER, "a pointer of Git LFS"),
        ("csv", PAGE, "an HTML page"),
        ("text", PAGE, None),
        ("json", '{"input": "<html>"}', None),
        ("csv", "version,input\nhttps://git-lfs.github.com/spec/v1,a\n", None),
        ("json", "", None),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, source: str, text: str, words: str | None) -> None:
    (tmp_path / "train.data").write_text(text)
    violation = check_files(dataset(source=source, data_files=str(tmp_path / "train.data")))

    assert violation is None if words is None else violation is not None and f"is {words}" in violation.message


@pytest.mark.parametrize(
    ("source", "content", "is_refused"),
    [
        ("parquet", gzip.compress(b"PAR1", mtime=0), True),
        ("arrow", gzip.compress(b"ARROW1", mtime=0), True),
        ("parquet", b"PAR1", False),
        ("json", gzip.compress(b"{}", mtime=0), False),
        ("csv", gzip.compress(b"a,b", mtime=0), False),
    ],
)
def test_files_that_are_compressed(tmp_path: Path, source: str, content: bytes, *, is_refused: bool) -> None:
    (tmp_path / "train.gz").write_bytes(content)
    violation = check_files(dataset(source=source, data_files=str(tmp_path / "train.gz")))

    assert (violation is not None) is is_refused
    assert violation is None or "is compressed (gzip), which " in violation.message
