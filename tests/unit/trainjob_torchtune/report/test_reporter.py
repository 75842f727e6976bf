"""A training is reported without waiting for anybody."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.factories.report_server import Answer, ReportServer

from trainjob_operator.controller.endpoints.reports import Report, read_report
from trainjob_torchtune.report.reporter import Reporter, Rhythm
from trainjob_torchtune.report.server import Refused, Server, Taken
from trainjob_torchtune.steps.telling import Phase, Saved, Step

STEP = Step(step=1, steps=8, epoch=1, epochs=2, loss=2.0, lr=1e-3, tokens_per_second=9.0, peak_memory=None, seconds=0.5)
FOREVER = Answer(headers={"Trainjob-Next-Report": "3600"})


@pytest.fixture
def there(tmp_path: Path) -> Iterator[ReportServer]:
    with ReportServer(tmp_path) as server:
        yield server


def reporter_to(there: ReportServer, said: list[str] | None = None) -> Reporter:
    server = Server.find(there.environment)
    assert server is not None
    return Reporter(server, 1, (said if said is not None else []).append)


def test_a_training_is_reported_from_its_start_to_its_end(there: ReportServer) -> None:
    said: list[str] = []
    turns = threading.Semaphore(0)  # a report waits for its answer until the next is to say something else
    there.answer = lambda: Answer() if turns.acquire(timeout=60) else Answer(500)
    reporter = reporter_to(there, said)
    reporter.enter(Phase.SETUP, 0)
    there.wait_for(1)
    reporter.enter(Phase.FIRST_STEP, 0)
    reporter.step(STEP)
    reporter.enter(Phase.TRAINING, 1)
    turns.release()
    there.wait_for(2)
    reporter.enter(Phase.SAVING, 1)
    reporter.save(Saved(step=1, size=100, seconds=0.5))
    turns.release()
    there.wait_for(3)
    reporter.step(replace(STEP, step=8, epoch=2, loss=1.0))
    turns.release(9)
    reporter.end(8)

    reports = there.wait_for(4)
    assert [one["progress"]["phase"] for one in reports] == ["setup", "training", "saving", "done"]
    assert [one.get("trainerStatus", {}).get("progressPercentage") for one in reports] == [None, 12, 12, 100]
    assert reports[-1]["progress"]["checkpoint"]["step"] == 1
    assert reports[-1]["progress"]["curve"] == [{"step": 1, "loss": "2"}, {"step": 8, "loss": "1"}]
    assert all(isinstance(read_report(json.dumps(one).encode()), Report) for one in reports)
    assert said == []


def test_the_first_and_the_last_report_do_not_wait_and_the_newest_counts(there: ReportServer) -> None:
    there.answer = lambda: FOREVER
    reporter = reporter_to(there)
    reporter.enter(Phase.SETUP, 0)
    there.wait_for(1)
    for number in range(1, 9):
        reporter.step(replace(STEP, step=number))

    reporter.end(8)

    assert [one["progress"]["step"] for one in there.wait_for(2)] == [0, 8]


def test_a_training_that_ends_another_way_is_reported_as_far_as_it_came(there: ReportServer) -> None:
    there.answer = lambda: FOREVER
    reporter = reporter_to(there)
    reporter.enter(Phase.TRAINING, 0)
    there.wait_for(1)
    reporter.step(STEP)

    reporter.close()

    assert [one["progress"]["phase"] for one in there.wait_for(2)] == ["training", "training"]


def test_when_all_is_reported_the_end_of_the_process_sends_nothing(there: ReportServer) -> None:
    reporter = reporter_to(there)
    reporter.enter(Phase.SETUP, 0)
    there.wait_for(1)
    reporter.end(0)
    there.wait_for(2)
    reporter.close()
    reporter.close()

    assert len(there.received) == 2


def test_one_that_never_began_ends(there: ReportServer) -> None:
    reporter_to(there).close()

    assert there.received == []


def test_steps_do_not_wait_for_an_answer(there: ReportServer) -> None:
    answered = threading.Event()

    def answer() -> Answer:
        answered.wait(60)
        return Answer()

    there.answer = answer
    reporter = reporter_to(there)
    reporter.enter(Phase.SETUP, 0)
    there.wait_for(1)
    for number in range(1, 1000):  # each would wait for the answer to the first report
        reporter.step(replace(STEP, step=number, steps=1000))
    answered.set()
    reporter.end(1000)

    assert there.wait_for(2)[1]["progress"]["step"] == 1000


def test_the_end_does_not_wait_for_ever(there: ReportServer) -> None:
    answered = threading.Event()
    there.answer = lambda: Answer() if answered.wait(60) else Answer(500)
    reporter = reporter_to(there)
    reporter.enter(Phase.SETUP, 0)
    there.wait_for(1)
    reporter.step(STEP)

    reporter.close(0.1)

    assert reporter._thread.is_alive(), "it has not been answered"
    assert reporter._thread.daemon, "and keeps no process from its end"
    answered.set()


def test_a_curve_goes_on_where_the_training_does(there: ReportServer, tmp_path: Path) -> None:
    folder = tmp_path / "steps"
    folder.mkdir()
    killed = reporter_to(there)
    killed.keep_in(folder)
    for number in (1, 2):
        killed.step(replace(STEP, step=number, loss=float(number)))
    killed.save(Saved(step=2, size=100, seconds=0.5))
    killed.step(replace(STEP, step=3))
    reporter = reporter_to(there)
    reporter.keep_in(folder)

    reporter.enter(Phase.FIRST_STEP, 2)
    reporter.step(replace(STEP, step=3, loss=9.0))
    reporter.enter(Phase.FIRST_STEP, 3)  # again, after something was saved
    reporter.end(8)

    progress = there.wait_for(1)[-1]["progress"]
    assert progress["resumedFromStep"] == 2
    assert progress["checkpoint"]["step"] == 2
    assert progress["curve"] == [{"step": 1, "loss": "1"}, {"step": 2, "loss": "2"}, {"step": 3, "loss": "9"}]


def test_pauses_become_longer_and_one_line_tells_of_it() -> None:
    said: list[str] = []
    rhythm = Rhythm(said.append, draw=lambda: 0.0)
    dues = []
    for _ in range(8):
        rhythm.note(Refused("nobody there"), 100.0)
        dues.append(rhythm.due - 100)

    assert dues == [10, 20, 40, 80, 160, 300, 300, 300]
    assert said == ["Warning: Progress cannot be reported for now; training goes on: nobody there."]

    rhythm.note(Taken(50), 100.0)
    rhythm.note(Refused("one failure"), 100.0)
    rhythm.note(Taken(50), 100.0)

    assert rhythm.due == 150
    assert said[1:] == ["Progress is reported again."]


def test_who_asks_for_a_longer_pause_gets_it_and_trainings_spread() -> None:
    rhythm = Rhythm(pytest.fail, draw=lambda: 1.0)

    rhythm.note(Refused("too often", 60.0), 0.0)
    assert rhythm.due == 72
    rhythm.note(Taken(10), 0.0)
    assert rhythm.due == 12
