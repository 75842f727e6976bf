"""Mistakes in the data, found by looking at what was downloaded."""

import json
import re

import pytest
from tests.training.container import Container
from tests.training.refused import FULL, assert_refused

ROW = '{"input": "a", "output": "b"}\n'
DATA = [
    pytest.param(
        {"main/train.jsonl": ROW, "socratic/train.jsonl": ROW},
        [],
        r"\S+/dataset holds several data sets, \S+/dataset/main, \S+/dataset/socratic: choose with "
        r"dataset.data_dir=\S+/dataset/main\.",
        id="several data sets in one",
    ),
    pytest.param(
        {"train.csv": "input,output\na,b\n"},
        ["dataset.split=validation"],
        r"The data set in \S+/dataset has no split validation; its files are of train: set dataset.split to one of "
        r"these\.",
        id="a split that is not there",
    ),
    pytest.param(
        {"train.csv": "input,output\n"},
        [],
        r"The data set in \S+/train.csv has no rows: check what was downloaded, and dataset.split\.",
        id="an empty data set",
    ),
    pytest.param(
        {"train.csv": "first,second\na,b\n"},
        [],
        r"The data set has no column input and no column output, which torchtune.datasets.instruct_dataset reads; it "
        r"has first, second: name the columns to train on with dataset.column_map=\{input: COLUMN, output: COLUMN\}\.",
        id="columns that are not there",
    ),
    pytest.param(
        {"chat.jsonl": '{"messages": [{"role": "user", "content": "a"}]}\n'},
        [],
        r"The data set has no column input and no column output, .+; it has messages: to train on these, give "
        r"dataset=torchtune.datasets.chat_dataset dataset.conversation_column=messages "
        r"dataset.conversation_style=openai\.",
        id="rows of another kind",
    ),
    pytest.param(
        {"chat.jsonl": '{"messages": [{"role": "user", "content": "a"}]}\n'},
        [
            "dataset=torchtune.datasets.chat_dataset",
            "dataset.conversation_column=messages",
            "dataset.conversation_style=sharegpt",
        ],
        r"dataset.conversation_style is sharegpt, but the turns in the column messages are those of openai: give "
        r"dataset.conversation_style=openai\.",
        id="conversations of another style",
    ),
    pytest.param(
        {"book.docx": "PK", "README.md": "# Rows"},
        [],
        r"There are no rows to train on: dataset.source=parquet dataset.data_dir=\S+ matches no file, and of what "
        r"\S+/dataset holds \(README.md, book.docx\) no file is data in a format known here\. .+",
        id="files that are no data",
    ),
    pytest.param(
        {"lang=de/rows.jsonl": "", "lang=en/rows.jsonl": ""},
        [],
        r"The data file \S+/dataset/lang=de/rows.jsonl is empty \(0 bytes\): .+",
        id="an empty file whose name no override can say",
    ),
    pytest.param(
        {"rows.jsonl.zst": ROW},
        [],
        r"The data file \S+/dataset/rows.jsonl.zst is no file of zstandard, as its name says, but not compressed: .+",
        id="rows that are not compressed",
    ),
    pytest.param(
        {"rows.csv.zst": "\x28\xb5\x2f\xfd\x00\x58\x88\x00\x00input,output\na,b\n"},
        [],
        r"The data file \S+/dataset/rows.csv.zst is cut off within a frame of zstandard: download it again\.",
        id="rows that are cut off where their reader does not see it",
    ),
    pytest.param(
        {"rows.parquet.gz": "\x1f\x8b"},
        ["dataset.data_dir={dataset}", "dataset.data_files=rows.parquet.gz"],
        r"The data file \S+/dataset/rows.parquet.gz is compressed \(gzip\), which parquet cannot be read from: .+",
        id="parquet that is compressed once more",
    ),
]


@pytest.mark.parametrize(("files", "overrides", "sentence"), DATA)
def test_a_mistake_in_the_data(
    container: Container, files: dict[str, str], overrides: list[str], sentence: str, mistake: str
) -> None:
    downloads = container.volume / "dataset"
    for name, text in files.items():
        (downloads / name).parent.mkdir(parents=True, exist_ok=True)
        (downloads / name).write_bytes(text.encode("latin-1"))
    container.variables["TRAINJOB_WORKSPACE"] = str(container.volume)
    said = [override.replace("{dataset}", str(downloads)) for override in overrides]
    words = container.tiny(*FULL, f"dataset.data_dir={downloads}/data", *said)

    assert_refused(container, words, sentence, mistake)


def test_the_log_says_how_long_a_large_data_set_took(container: Container) -> None:
    downloads = container.volume / "dataset"
    downloads.mkdir()
    row = json.dumps({"input": "What is it? " * 15, "output": "It is this. " * 15})
    with (downloads / "rows.jsonl").open("w") as file:
        file.writelines([*(f"{row}\n" for _ in range(200_000)), '{"input": "a", "output": null}\n'])
    container.variables["TRAINJOB_WORKSPACE"] = str(container.volume)
    outcome = container.run(container.tiny(*FULL, f"dataset.data_dir={downloads}/data"))

    assert "Row 200001 of the data set cannot be trained on: its column output is null." in outcome.lines[-1]
    said = [line for line in outcome.lines if line.startswith("Data: ")]
    assert re.fullmatch(r"Data: reading 74\.0 MiB to look at every row; the recipe finds them read\.", said[1])
    assert re.fullmatch(r"Data: looked at 200,001 rows in \d+ s\.", said[-1])
