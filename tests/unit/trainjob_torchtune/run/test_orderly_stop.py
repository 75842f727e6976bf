"""A training that has begun is asked to stop; before, there is nothing to save."""

import tempfile
from pathlib import Path

import pytest

from trainjob_torchtune.run.orderly_stop import orderly_stop
from trainjob_torchtune.steps.stop import StopFolder


def test_one_that_has_begun_is_asked_and_waited_for() -> None:
    said: list[str] = []
    with orderly_stop({"TRAINJOB_STOP_SECONDS": "7.5"}, said.append) as stop:
        seen = StopFolder.find(stop.variables)
        assert seen is not None
        seen.begin()

        assert stop.ask() == 7.5
        assert seen.is_asked
        assert stop.stopped_at is None

        seen.stop(12)
        assert stop.stopped_at == "12"
    assert said == ["Asked to end: the training stops at the next batch, and has 7.5 s for a checkpoint."]
    assert not seen.path.exists()


@pytest.mark.parametrize(("seconds", "has_begun"), [("20", False), ("0", True)])
def test_else_there_is_no_time_to_wait(seconds: str, has_begun: bool) -> None:
    with orderly_stop({"TRAINJOB_STOP_SECONDS": seconds}, lambda _: None) as stop:
        assert stop.folder is not None
        if has_begun:
            stop.folder.begin()

        assert stop.ask() == 0
        assert not stop.folder.is_asked


def test_where_nothing_can_be_written_the_training_runs_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # As TMPDIR would set it, which Python reads once.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    said: list[str] = []
    with orderly_stop({}, said.append) as stop:
        assert (stop.variables, stop.ask(), stop.stopped_at) == ({}, 0, None)
    assert said[0].startswith("Warning: The training cannot be saved when the pod is asked to end: ")


def test_without_a_launcher_nobody_asks() -> None:
    assert StopFolder.find({}) is None
