from pathlib import Path, PurePosixPath

import pytest

from trainjob_torchtune.data.choice import Choice, choose
from trainjob_torchtune.data.data_files import render_data_files
from trainjob_torchtune.data.formats import format_of
from trainjob_torchtune.data.inventory import DataFile
from trainjob_torchtune.violation import Violation

HERE = Path("/d")
NOWHERE = Path("/dev/null")


def files(names: str) -> list[DataFile]:
    """Files of one byte, or of as many as stand behind a colon."""
    found = []
    for word in names.split():
        name, _, size = word.partition(":")
        found.append(DataFile(PurePosixPath(name), format_of(name), int(size or 1)))
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
        pytest.param("train.csv:1 metadata.json:9", None, "csv", '"/d/train.csv"', id="beside metadata"),
        pytest.param("train.csv:1 other.json:9", None, "csv", '"/d/train.csv"', id="named for the split"),
        pytest.param("test.csv:1 other.json:9", "test", "csv", '{"test": "/d/test.csv"}', id="named for what is asked"),
        pytest.param(
            "data.jsonl:2 train_results.json:9 dataset_card.txt:9 data_schema.json:9",
            None,
            "json",
            '"/d/data.jsonl"',
            id="results, card and schema",
        ),
        pytest.param("results.jsonl", None, "json", '"/d/results.jsonl"', id="rows that are called results"),
        pytest.param("metadata.csv readme.txt", None, "csv", '"/d/metadata.csv"', id="rows that are called metadata"),
        pytest.param(
            "train_stats.jsonl", None, "json", '"/d/train_stats.jsonl"', id="what is doubtful, and the only file"
        ),
        pytest.param(
            "train_info.jsonl test.jsonl",
            None,
            "json",
            '"/d/train_info.jsonl"',
            id="what is doubtful, but of the split",
        ),
        pytest.param(
            "a.jsonl test_results.json", "test", "json", '{"test": "/d/test_results.json"}', id="what is asked for"
        ),
        pytest.param("a.txt:9 b.csv:1", None, "csv", '"/d/b.csv"', id="tables rather than texts"),
        pytest.param("a.txt b.txt", None, "text", '["/d/a.txt", "/d/b.txt"]', id="texts"),
        pytest.param("TRAIN.JSONL", None, "json", '"/d/TRAIN.JSONL"', id="capitals"),
        pytest.param("a.TSV.gz", None, "csv", '"/d/a.TSV.gz"', id="tabulators"),
        pytest.param(
            "test.json train.json train_gen.json",
            "all",
            "json",
            '{"train": "/d/train.json", "test": "/d/test.json", "train_gen": "/d/train_gen.json"}',
            id="all splits",
        ),
        pytest.param("a.json b.json", "all", "json", '["/d/a.json", "/d/b.json"]', id="all of files of no split"),
        pytest.param("dev.json", "all", "json", '{"dev": "/d/dev.json"}', id="all of one split"),
        pytest.param(
            "my-train.json a.json", "my_train", "json", '{"my_train": "/d/my-train.json"}', id="a name of words alone"
        ),
    ],
)
def test_choice(names: str, split: str | None, source: str, data_files: str) -> None:
    choice = choose(files(names), HERE, split)

    assert isinstance(choice, Choice)
    assert (choice.source, render_data_files(choice, files(names), HERE, NOWHERE)) == (source, data_files)


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
        pytest.param(
            "a[1]/train.json b/train.json",
            None,
            "/d holds several data sets, /d/a[1], /d/b: choose with dataset.data_dir=/d/b.",
            id="one that an override can name",
        ),
        pytest.param(
            "a[1]/train.json a[2]/train.json",
            None,
            "/d holds several data sets, /d/a[1], /d/a[2]: download one of them alone.",
            id="none that an override can name",
        ),
    ],
)
def test_what_a_person_has_to_choose(names: str, split: str | None, message: str) -> None:
    assert choose(files(names), HERE, split) == Violation(message)


@pytest.mark.parametrize("names", ["", "README.md a.parquet.gz", "dataset_infos.json metadata.json"])
def test_no_rows(names: str) -> None:
    assert choose(files(names), HERE, None) is None
