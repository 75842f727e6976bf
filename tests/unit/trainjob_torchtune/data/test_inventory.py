from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from trainjob_torchtune.data.inventory import DataFile, take_inventory


@pytest.mark.parametrize(
    ("path", "split", "label", "part"),
    [
        ("alpaca.json", None, "", "."),
        ("data/train-00000-of-00002.parquet", "train", "train", "."),
        ("data/train_sft-00000-of-00002-f3ab.parquet", "train", "train_sft", "."),
        ("main/test-00000-of-00001.parquet", "test", "test", "main"),
        ("dev.jsonl", "validation", "dev", "."),
        ("validation/part-1.csv", "validation", "validation", "."),
        ("train/en/a.csv", "train", "train", "en"),
        ("my_train_12.json.gz", "train", "my_train", "."),
        ("lang=de/part-0.parquet", None, "", "."),
        ("main/split=test/lang=de/0.parquet", "test", "test", "main"),
        ("my-train-1.json", "train", "my_train", "."),
        ("constrained.json", None, "", "."),
    ],
)
def test_names_tell(path: str, split: str | None, label: str, part: str) -> None:
    file = DataFile(PurePosixPath(path), "json", 1)

    assert (file.split, file.label, str(file.part)) == (split, label, part)


def test_what_is_listed(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a/c.csv.gz", "README.md", "dataset_infos.json", ".cache/d.json", "__pycache__/e.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")

    assert [(str(file.path), file.format, file.size) for file in take_inventory(tmp_path)] == [
        ("README.md", None, 2),
        ("a/c.csv.gz", "csv", 2),
        ("b.jsonl", "json", 2),
        ("dataset_infos.json", None, 2),
    ]
    assert take_inventory(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("000000_0", b"PAR1...PAR1", "parquet"),
        ("_metadata", b"PAR1...PAR1", None),
        ("000000_0", b"PA", None),
    ],
)
def test_files_whose_names_tell_nothing(tmp_path: Path, name: str, content: bytes, expected: str | None) -> None:
    (tmp_path / name).write_bytes(content)

    assert [file.format for file in take_inventory(tmp_path)] == [expected]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("a.jsonl", "json"),
        ("a.csv b/c.csv __MACOSX/._a.csv .hidden", "csv"),
        ("a.tsv", "tsv"),
        ("a.jsonl README.md", None),
        ("a.jsonl b.csv", None),
        ("a.parquet", None),
        ("", None),
    ],
)
def test_archives(tmp_path: Path, names: str, expected: str | None) -> None:
    with ZipFile(tmp_path / "rows.ZIP", "w") as archive:
        for name in names.split():
            archive.writestr(name, "{}")

    assert [file.format for file in take_inventory(tmp_path)] == [expected]


def test_what_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "rows.zip").write_text("{}")

    assert [file.format for file in take_inventory(tmp_path)] == [None]
