"""Bars as tqdm writes them: each after a carriage return, with no end of its own."""

import time

import pytest

from trainjob_torchtune.process.transcript import Transcript


def bar(step: int, text: str = "", rate: str = "1.0s/it") -> str:
    return f"{text}{step}/16 [00:0{step % 10}<00:09, {rate}]"


def written(*chunks: str | bytes, seconds_between: float = 0.0) -> list[str]:
    lines: list[str] = []
    transcript = Transcript(lines.append)
    now = 100.0
    for chunk in chunks:
        transcript.feed(chunk.encode() if isinstance(chunk, str) else chunk, now)
        now += seconds_between
        transcript.tick(now)
    transcript.close(now)
    assert list(transcript.tail) == lines
    return lines


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        pytest.param(["a\nb\n"], ["a", "b"], id="lines"),
        pytest.param(["a", "b\n"], ["ab"], id="line-in-parts"),
        pytest.param(["a\n\nb\n"], ["a", "", "b"], id="blank-line"),
        pytest.param(["a\r\nb\r\n"], ["a", "b"], id="crlf"),
        pytest.param(["no end"], ["no end"], id="unended"),
        pytest.param([b"\xd0", b"\xb6\xff\n"], ["ж\ufffd"], id="utf-8-in-parts"),
        pytest.param([f"\r{bar(1)}", f"\r{bar(2)}", f"\r{bar(3)}"], [bar(3)], id="latest-bar"),
        pytest.param([f"\r{bar(1)}\n", "after\n"], [bar(1), "after"], id="ended-bar"),
        pytest.param([f"\r{bar(1)}", "\n", "after\n"], [bar(1), "after"], id="bar-ended-later"),
        pytest.param([f"\r{bar(1)}", "Saved.\n"], [bar(1), "Saved."], id="line-after-bar"),
        pytest.param([f"\r{bar(1)}   Saved.\n"], [bar(1), "Saved."], id="line-in-the-bars-chunk"),
        pytest.param([f"\r{bar(1)}\r{bar(1, rate='9s/it')}\n"], [bar(1, rate="9s/it")], id="drawn-again"),
        pytest.param(["\r5it [00:01]", "\r6it [00:02]"], ["6it [00:02]"], id="bar-without-a-total"),
        pytest.param([f"\r{bar(1)}", "\r        ", f"\r{bar(2)}"], [bar(2)], id="wiped-out"),
    ],
)
def test_lines_and_bars(chunks: list[str | bytes], lines: list[str]) -> None:
    assert written(*chunks) == lines


def test_text_without_an_end_is_cut_and_takes_no_longer_the_more_there_is() -> None:
    chunks = ["x" * 4096] * 2048  # 8 MiB, which took most of a minute as one line

    began = time.process_time()
    lines = written(*chunks, "\n", "after\n")

    assert time.process_time() - began < 5
    assert "".join(lines[:-1]) == "".join(chunks)
    assert max(map(len, lines)) == 64 * 1024
    assert lines[-1] == "after"


@pytest.mark.parametrize("length", [64 * 1024 - 1, 64 * 1024])
def test_a_long_line_stays_whole(length: int) -> None:
    assert written("x" * length, "\n", "after\n") == ["x" * length, "after"]


def test_a_bar_has_the_text_that_is_set_right_after_it_advanced() -> None:
    chunks = [f"\r{bar(1, 'Loss: 3: ')}", f"\r{bar(2, 'Loss: 3: ')}", f"\r{bar(2, 'Loss: 2: ')}"]

    assert written(*chunks, seconds_between=0.1) == [bar(2, "Loss: 2: ")]


def test_slow_steps_are_all_written() -> None:
    assert written(*(f"\r{bar(step)}" for step in range(5)), seconds_between=2) == [bar(step) for step in range(5)]


def test_fast_steps_are_written_once_a_second_and_the_last_one_always() -> None:
    lines = written(*(f"\r{bar(step)}" for step in range(100)), seconds_between=0.1)

    assert 8 <= len(lines) <= 12
    assert lines[-1] == bar(99)


def test_a_bar_is_waited_for() -> None:
    lines: list[str] = []
    transcript = Transcript(lines.append)
    assert transcript.wait(100.0) is None

    transcript.feed(f"\r{bar(1)}".encode(), 100.0)
    wait = transcript.wait(100.0)
    assert wait is not None
    transcript.tick(100.0 + wait / 2)
    assert lines == []
    transcript.tick(100.0 + wait)

    assert lines == [bar(1)]
    assert transcript.wait(101.0) is None
