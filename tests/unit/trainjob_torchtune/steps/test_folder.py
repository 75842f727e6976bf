"""A checkpoint has its name when it is whole, and not before; what is not whole is never taken for one."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainjob_torchtune.steps.folder import Folder, read_note, state_of

TENSORS = b"tensors"
FACTS: dict[str, Any] = {"epoch": 1, "rows": 64, "processes": 2, "identity": {"seed": "7"}}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "steps", kept=2)


def write(folder: Folder, step: int) -> None:
    folder.begin(step)
    (folder.writing(step) / "__0_0.distcp").write_bytes(TENSORS)


def commit(folder: Folder, *steps: int) -> None:
    for step in steps:
        write(folder, step)
        folder.commit(step, **FACTS, counters={"global_step": step})


def found(folder: Folder) -> list[int]:
    return [note.step for _, note in folder.whole()]


def names(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.path.iterdir())


def test_no_folder_has_none(folder: Folder) -> None:
    folder.tidy()

    assert found(folder) == []


def test_the_newest_come_first_and_older_ones_go(folder: Folder) -> None:
    commit(folder, 2, 10, 9_999_999, 100_000_000)

    assert found(folder) == [100_000_000, 9_999_999]
    assert len(names(folder)) == 2


def test_a_note_says_what_it_is(folder: Folder) -> None:
    write(folder, 12)
    size = folder.commit(12, **FACTS, counters={"global_step": 12})
    path, note = next(folder.whole())

    assert size == len(TENSORS)
    assert (note.epoch, note.rows, note.step, note.processes, note.identity) == (1, 64, 12, 2, {"seed": "7"})
    assert note.sizes == {"state/__0_0.distcp": size}
    assert (state_of(path) / "__0_0.distcp").is_file()


def test_what_is_being_written_is_none(folder: Folder) -> None:
    commit(folder, 2)
    write(folder, 4)

    assert found(folder) == [2]


def test_what_a_kill_left_is_removed_at_the_next_start(folder: Folder) -> None:
    commit(folder, 2)
    write(folder, 4)
    (folder.path / ".removing-step-00000001").mkdir()

    folder.tidy()

    assert names(folder) == ["step-00000002"]


def spoil_size(path: Path) -> None:
    (path / "state" / "__0_0.distcp").write_bytes(b"")


def spoil_file(path: Path) -> None:
    (path / "state" / "__0_0.distcp").unlink()


def spoil_note(path: Path) -> None:
    (path / "note.json").write_text('{"epoch": 1')


def spoil_keys(path: Path) -> None:
    note = json.loads((path / "note.json").read_text())
    (path / "note.json").write_text(json.dumps(note | {"more": 1}))


@pytest.mark.parametrize("spoil", [spoil_size, spoil_file, spoil_note, spoil_keys])
def test_what_is_not_whole_is_set_aside(folder: Folder, spoil: Any) -> None:  # noqa: ANN401 - a function above
    commit(folder, 2, 4)
    newest = folder.path / "step-00000004"
    spoil(newest)

    assert found(folder) == [2]
    assert list(folder.torn()) == [newest]
    assert read_note(newest) is None

    folder.set_aside(newest)

    assert names(folder) == [".torn-step-00000004", "step-00000002"]


def test_a_step_that_is_trained_again_takes_the_place_of_the_first(folder: Folder) -> None:
    commit(folder, 2, 2)

    assert found(folder) == [2]


def test_what_fails_leaves_the_older_one(folder: Folder) -> None:
    commit(folder, 2)
    write(folder, 4)
    folder.abandon(4)

    assert names(folder) == ["step-00000002"]


def test_nothing_is_left_of_a_training_that_is_done(folder: Folder) -> None:
    commit(folder, 2, 4)
    folder.clear()

    assert not folder.path.exists()
