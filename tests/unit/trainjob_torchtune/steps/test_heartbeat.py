"""A process's file says what it does, and is never the reason for a failure."""

from pathlib import Path

from trainjob_torchtune.steps.heartbeat import Heartbeat, read_beats
from trainjob_torchtune.steps.telling import Phase


def read(folder: Path) -> list[tuple[Phase, int]]:
    return [(beat.phase, beat.step) for beat in read_beats(folder)]


def test_a_phase_is_written_at_once_and_steps_once_a_second(tmp_path: Path) -> None:
    now = [100.0]
    heart = Heartbeat(tmp_path, 0, lambda: now[0])

    heart.enter(Phase.FIRST_STEP, 0)
    assert read(tmp_path) == [(Phase.FIRST_STEP, 0)]
    heart.enter(Phase.TRAINING, 1)
    assert read(tmp_path) == [(Phase.TRAINING, 1)]
    now[0] += 0.5
    heart.beat(2)
    assert read(tmp_path) == [(Phase.TRAINING, 1)]
    now[0] += 0.6
    heart.beat(3)
    assert read(tmp_path) == [(Phase.TRAINING, 3)]


def test_each_process_has_its_own(tmp_path: Path) -> None:
    Heartbeat(tmp_path, 0).enter(Phase.TRAINING, 7)
    Heartbeat(tmp_path, 1).enter(Phase.SAVING, 7)
    (tmp_path / "asked").touch()

    assert read(tmp_path) == [(Phase.TRAINING, 7), (Phase.SAVING, 7)]


def test_what_cannot_be_written_or_read_is_left(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "missing", 0).enter(Phase.TRAINING, 1)
    (tmp_path / "process-0").write_text("no")
    (tmp_path / "process-1").write_text('{"phase": "of another version", "step": 1}')

    assert read(tmp_path) == []
