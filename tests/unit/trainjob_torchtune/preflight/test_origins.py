import json
from pathlib import Path

import pytest
from tests.factories.training import checkpointer, dataset, training

from trainjob_contract.workspace import SOURCE_NOTE
from trainjob_torchtune.preflight.origins import tell_origins
from trainjob_torchtune.run.training import Training

MODEL = {"uri": "hf://org/model@main", "commit": "0123456789abcdef", "ignorePatterns": []}
ROWS = {"uri": "hf://org/rows", "commit": "fedcba9876543210", "ignorePatterns": ["*.md"]}


def note(folder: Path, content: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SOURCE_NOTE).write_text(json.dumps(content))


@pytest.fixture
def run(tmp_path: Path) -> Training:
    (tmp_path / "model").mkdir()
    for name in ("a", "b"):
        (tmp_path / "dataset" / "data" / name).mkdir(parents=True)
        (tmp_path / "dataset" / "data" / name / "rows.json").write_text("[]")
    rows = dataset(source="json", data_dir=str(tmp_path / "dataset" / "data"))
    return training(checkpointers=(checkpointer(tmp_path / "model"),), datasets=(rows,))


def told(run: Training) -> list[str]:
    lines: list[str] = []
    tell_origins(run, lines.append)
    return lines


def test_the_log_says_where_model_and_data_come_from(tmp_path: Path, run: Training) -> None:
    note(tmp_path / "model", MODEL)
    note(tmp_path / "dataset", ROWS)

    assert told(run) == [
        f"Model: {tmp_path}/model holds hf://org/model@main, commit 0123456.",
        f"Data set: {tmp_path}/dataset holds hf://org/rows, commit fedcba9.",
    ]


@pytest.mark.parametrize("content", ["{", "[]", "null", '{"uri": 1, "commit": "a"}', "\x00"])
def test_a_note_of_something_else_is_passed_over(tmp_path: Path, run: Training, content: str) -> None:
    (tmp_path / "model" / SOURCE_NOTE).write_text(content)

    assert told(run) == []


def test_nothing_is_said_where_no_initializer_of_ours_was(run: Training) -> None:
    assert told(run) == []


def test_a_note_does_not_forge_lines_of_the_log(tmp_path: Path, run: Training) -> None:
    note(tmp_path / "model", {**MODEL, "uri": "hf://a/b\nNot started: " + "x" * 500})
    [line] = told(run)

    assert "\n" not in line
    assert len(line) < 300 + len(str(tmp_path))
