from pathlib import Path, PurePosixPath

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
        ("constrained.json", None, "", "."),
    ],
)
def test_names_tell(path: str, split: str | None, label: str, part: str) -> None:
    file = DataFile(PurePosixPath(path), "json", 1)

    assert (file.split, file.label, str(file.part)) == (split, label, part)


def test_only_rows_are_listed(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a/c.csv.gz", "README.md", "dataset_infos.json", ".cache/d.json", "__pycache__/e.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")

    assert [(str(file.path), file.format, file.size) for file in take_inventory(tmp_path)] == [
        ("a/c.csv.gz", "csv", 2),
        ("b.jsonl", "json", 2),
    ]
    assert take_inventory(tmp_path / "nowhere") == ()
