from pathlib import Path, PurePosixPath

import pytest

from trainjob_torchtune.data.choice import Choice, choose
from trainjob_torchtune.data.inventory import DataFile, format_of
from trainjob_torchtune.violation import Violation

HERE = Path("/d")


def files(names: str) -> list[DataFile]:
    """Files of one byte, or of as many as stand behind a colon."""
    found = []
    for word in names.split():
        name, _, size = word.partition(":")
        found.append(DataFile(PurePosixPath(name), format_of(name) or "", int(size or 1)))
    return found


@pytest.mark.parametrize(
    ("names", "split", "source", "data_files"),
    [
        pytest.param("a.json", None, "json", '"/d/a.json"', id="one file"),
        pytest.param("a.csv b.csv", None, "csv", '["/d/a.csv", "/d/b.csv"]', id="several"),
        pytest.param(
            "data/train-0.jsonl data/train-1.jsonl data/test-0.jsonl",
            None,
            "json",
            '["/d/data/train-0.jsonl", "/d/data/train-1.jsonl"]',
            id="split",
        ),
        pytest.param(
            "train/a.csv train/b.csv test/a.csv", None, "csv", '["/d/train/a.csv", "/d/train/b.csv"]', id="folders"
        ),
        pytest.param(
            " ".join(f"data/train-{shard:02}.csv" for shard in range(65)) + " data/test-00.csv",
            None,
            "csv",
            '"/d/data/train-*.csv"',
            id="very many",
        ),
        pytest.param("a.csv:1 b.parquet:9", None, "parquet", '"/d/b.parquet"', id="the most bytes"),
        pytest.param("validation.json", None, "json", '"/d/validation.json"', id="the only split"),
        pytest.param("a.json test.json", None, "json", '"/d/a.json"', id="files of no split are to train on"),
        pytest.param(
            "train.json test.json", "test", "json", '{"test": "/d/test.json"}', id="a split that is asked for"
        ),
        pytest.param("train.json test.json", "train[:5%]", "json", '"/d/train.json"', id="part of a split"),
        pytest.param(
            "train.json test.json", "train+test", "json", '{"train": "/d/train.json", "test": "/d/test.json"}', id="two"
        ),
        pytest.param(
            "train_sft.json train_gen.json",
            "train_sft",
            "json",
            '{"train_sft": "/d/train_sft.json"}',
            id="by full name",
        ),
    ],
)
def test_choice(names: str, split: str | None, source: str, data_files: str) -> None:
    choice = choose(files(names), HERE, split)

    assert isinstance(choice, Choice)
    assert (choice.source, choice.data_files) == (source, data_files)


@pytest.mark.parametrize(
    ("names", "split", "message"),
    [
        pytest.param(
            "main/train.json socratic/train.json",
            None,
            "/d holds several data sets, /d/main, /d/socratic: choose with dataset.data_dir=/d/main.",
            id="data sets",
        ),
        pytest.param(
            "train_sft-00000-of-00001.parquet train_gen-00000-of-00001.parquet",
            None,
            "The data set in /d has several splits to train on, train_gen, train_sft: choose with"
            " dataset.split=train_gen.",
            id="splits",
        ),
        pytest.param(
            "validation.json test.json",
            None,
            "The data set in /d has no split train; its files are of test, validation: set dataset.split to one of"
            " these.",
            id="nothing to train on",
        ),
        pytest.param(
            "a.json",
            "validation",
            "The data set in /d has no split validation; its files are of none: set dataset.split to one of these.",
            id="a split that is not there",
        ),
    ],
)
def test_what_a_person_has_to_choose(names: str, split: str | None, message: str) -> None:
    assert choose(files(names), HERE, split) == Violation(message)


@pytest.mark.parametrize("names", ["", "lang=en/a.json"])
def test_nothing_that_could_be_named(names: str) -> None:
    assert choose(files(names), HERE, None) is None
