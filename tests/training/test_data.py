"""What is trained on is what was downloaded (T07): TorchTune loads it by what the launcher has found."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.devcluster import torch_environment
from tests.training.container import PACKAGE, Container

Rows = list[dict[str, Any]]
BUILDERS = "torchtune.datasets"
DEFAULT = (f"dataset={BUILDERS}.instruct_dataset", "dataset.source=parquet", "dataset.data_dir={downloads}/data")
ROWS: Rows = [{"input": f"question {row}", "output": f"answer {row}"} for row in range(3)]
OTHERS: Rows = [{"input": "of another", "output": "split"}]
TURNS: Rows = [{"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]}]


@dataclass(frozen=True)
class Case:
    """What was downloaded, and the overrides."""

    files: dict[str, Rows]
    overrides: tuple[str, ...] = DEFAULT
    rows: int = 3
    first: tuple[str, ...] = ("question 0", "answer 0")


CASES = {
    "a parquet file": Case({"rows.parquet": ROWS}),
    "a json file": Case({"alpaca_data.json": ROWS}),
    "a json lines file": Case({"rows.jsonl": ROWS}),
    "a csv file": Case({"rows.csv": ROWS}),
    "a folder of json": Case(
        {"data/train-0.jsonl": ROWS, "data/train-1.jsonl": ROWS, "data/test-0.jsonl": OTHERS}, rows=6
    ),
    "files by split": Case({"train.csv": ROWS, "test.csv": OTHERS}),
    "folders by split": Case({"train/0.parquet": ROWS, "validation/0.parquet": OTHERS}),
    "many files": Case({f"shards/part-{shard:03}.jsonl": ROWS for shard in range(70)}, rows=210),
    "a split that is asked for": Case(
        {"train.csv": ROWS, "test.csv": OTHERS}, (*DEFAULT, "dataset.split=test"), 1, ("of another", "split")
    ),
    "part of a split": Case({"train.csv": ROWS, "test.csv": OTHERS}, (*DEFAULT, "dataset.split=train[:2]"), 2),
    "another builder": Case(
        {"chat.jsonl": TURNS},
        (
            *(f"dataset={BUILDERS}.chat_dataset", "dataset.conversation_column=messages"),
            *("dataset.conversation_style=openai", *DEFAULT[1:]),
        ),
        1,
        ("Hi.", "Hello."),
    ),
    **{
        f"compressed: {name}": Case({name: ROWS})
        for name in ("a.jsonl.zst", "a.jsonl.gz", "a.json.bz2", "a.csv.xz", "a.tsv.zst", "a.jsonl.zip", "a.csv.zip")
    },
    "json lines by another name": Case({"rows.ndjson": ROWS}),
    "cells between tabulators": Case({"rows.tsv": ROWS}),
    "capitals": Case({"TRAIN.JSONL": ROWS, "TEST.JSONL": OTHERS}),
    "texts": Case(
        {"book.txt": [{"text": f"line {row}"} for row in range(3)], "README.txt": [{"text": "About the book."}]},
        (f"dataset={BUILDERS}.text_completion_dataset", "dataset.column=text", *DEFAULT[1:]),
        first=("line 0",),
    ),
    "beside metadata": Case({"train.csv": ROWS, "metadata.json": OTHERS * 99, "schema.json": OTHERS}),
    "beside marks of other tools": Case({"data/0.parquet": ROWS, "data/_SUCCESS": [], "data/datasets.lock": []}),
    "partitions": Case({f"lang={one}/part-0.parquet": ROWS for one in ("de", "en")}, rows=6),
    "partitions by split": Case({"split=train/0.jsonl": ROWS, "split=test/0.jsonl": OTHERS}),
    "partitions where the default looks": Case({f"data/lang={one}/0.json": ROWS for one in ("de", "en")}, rows=6),
    "many partitions": Case({f"day={one:02}/0.jsonl": ROWS for one in range(70)}, rows=210),
    "names that are patterns": Case({"rows[1].jsonl": ROWS, "rows*{2}.jsonl": ROWS, "rows?.jsonl": ROWS}, rows=9),
    "names with all sorts of characters": Case(
        {"a b, c'd\"e.jsonl": ROWS, "a::b.jsonl": ROWS, "${x}.jsonl": ROWS, "grün#1~2%20.jsonl": ROWS}, rows=12
    ),
    "compressed, with such a name": Case({"lang=de/rows.jsonl.zst": ROWS}),
    "all splits": Case({"train.csv": ROWS, "test.csv": OTHERS}, (*DEFAULT, "dataset.split=all"), 4),
    "all splits of one": Case({"rows.csv": ROWS}, (*DEFAULT, "dataset.split=all")),
    "all splits of such names": Case(
        {"a=1/train.csv": ROWS, "a=1/validation.csv": OTHERS}, (*DEFAULT, "dataset.split=all"), 4
    ),
    "two splits": Case({"train.csv": ROWS, "test.csv": OTHERS}, (*DEFAULT, "dataset.split=train+test"), 4),
    "parts of two splits": Case(
        {"train.csv": ROWS, "test.csv": OTHERS}, (*DEFAULT, "dataset.split=train[:34%]+test[-1:]"), 2
    ),
    "part of files of no split": Case(
        {"rows.csv": ROWS}, (*DEFAULT, "dataset.split=train[1:]"), 2, ("question 1", "answer 1")
    ),
    "nothing was said of it": Case(
        {"data/rows.csv": ROWS},
        (f"dataset={BUILDERS}.instruct_dataset", "dataset.column_map={input: output, output: input}"),
        first=("answer 0", "question 0"),
    ),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What TorchTune loaded in each case."""
    folder = tmp_path_factory.mktemp("data")
    asked = []
    for number, case in enumerate(CASES.values()):
        downloads = str(folder / str(number))
        overrides = [override.replace("{downloads}", downloads) for override in case.overrides]
        asked.append({"downloads": downloads, "files": case.files, "overrides": overrides})
    done = subprocess.run(
        [torch_environment.ensure() / "bin" / "python", Path(__file__).with_name("load_data.py")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(PACKAGE)},
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(CASES, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_torchtune_loads_what_was_downloaded(loaded: dict[str, dict[str, Any]], name: str) -> None:
    case, answer = CASES[name], loaded[name]

    assert answer["sentence"].startswith("Data: ")
    assert (answer["rows"], answer["first"]) == (case.rows, list(case.first))


def test_the_launcher_trains_on_it_and_says_so(container: Container) -> None:
    downloads = container.volume / "dataset"
    downloads.mkdir()
    lines = [json.dumps({"input": f"Add {row} and 1.", "output": str(row + 1)}) for row in range(8)]
    (downloads / "sums.jsonl").write_text("\n".join(lines))
    container.variables["TRAINJOB_WORKSPACE"] = str(container.volume)
    words = container.tiny("full_finetune_single_device", "llama3_2/1B_full_single_device", "batch_size=4", "epochs=1")
    words = [word.replace(f"{container.dataset}/data", f"{downloads}/data") for word in words]

    outcome = container.run(words)

    assert outcome.code == 0, "\n".join(outcome.lines)
    assert f"training on sums.jsonl in {downloads} (json)." in outcome.lines[0]
    assert len(container.losses) == 2


def test_a_million_rows_in_little_time_and_memory(tmp_path: Path) -> None:
    """Seconds are those of the CPU: those of a clock depend on what else the machine does."""
    row = json.dumps({"input": "What is it? " * 15, "output": "It is this. " * 15})
    with (tmp_path / "rows.jsonl").open("w") as file:
        file.writelines(f"{row}\n" for _ in range(1_000_000))
    done = subprocess.run(
        [torch_environment.ensure() / "bin" / "python", Path(__file__).with_name("measure_rows.py")],
        input=str(tmp_path / "rows.jsonl"),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(PACKAGE)},
    )
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout.splitlines()[-1])

    assert measured["rows"] == 1_000_000
    assert measured["seconds"] < 30
    assert measured["bytes"] < 500e6
