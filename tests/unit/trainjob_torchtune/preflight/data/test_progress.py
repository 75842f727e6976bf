from threading import Event

from trainjob_torchtune.preflight.data.progress import Progress


class Log:
    """Lines, and an event for the first of them that holds some words."""

    def __init__(self, words: str) -> None:
        self.lines: list[str] = []
        self.words, self.said = words, Event()

    def say(self, line: str) -> None:
        self.lines.append(line)
        if self.words in line:
            self.said.set()


def test_reading_and_looking() -> None:
    reading, looking = (
        Log("Data: still reading, 0 s so far."),
        Log("Data: looked at 20,000 of 1,000,000 rows, 0 s so far."),
    )
    with Progress(reading.say, is_long=False, every=0.001):
        assert reading.said.wait(30)
    with Progress(looking.say, is_long=False, every=0.001) as progress:
        progress.note(20_000, 1_000_000)
        assert looking.said.wait(30)
        progress.note(1_000_000, 1_000_000)

    assert reading.words in reading.lines[-1]
    assert looking.lines[-1] == "Data: looked at 1,000,000 rows in 0 s."


def test_the_end_of_what_is_long() -> None:
    log = Log("")
    with Progress(log.say, is_long=True) as progress:
        progress.note(3000, 3000)

    assert log.lines == ["Data: looked at 3,000 rows in 0 s."]


def test_what_is_short_is_not_worth_a_line() -> None:
    log = Log("")
    with Progress(log.say, is_long=False) as progress:
        progress.note(3, 3)
    with Progress(log.say, is_long=True):
        pass

    assert log.lines == []
