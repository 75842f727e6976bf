from datetime import UTC, datetime
from pathlib import Path

import pytest

from trainjob_contract.progress import Checkpoint, Point
from trainjob_torchtune.report.memory import Memory, recall, remember

SAVED = Checkpoint(step=4, time=datetime(2026, 1, 1, tzinfo=UTC), size=10, seconds=0.5)


@pytest.mark.parametrize("memory", [Memory(2, (Point(2, 1.5), Point(4, 1.25)), SAVED), Memory(1, (), None)])
def test_what_is_remembered_is_recalled(tmp_path: Path, memory: Memory) -> None:
    remember(tmp_path, Memory(7, (), None))
    remember(tmp_path, memory)

    assert recall(tmp_path) == memory
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("content", ["", "[]", "{", "{}", '{"stride": 1, "points": [[1]], "checkpoint": null}'])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "progress.json").write_text(content)

    assert recall(tmp_path) is None


def test_without_a_folder_nothing_happens(tmp_path: Path) -> None:
    remember(tmp_path / "none", Memory(1, (), SAVED))

    assert recall(tmp_path / "none") is None
