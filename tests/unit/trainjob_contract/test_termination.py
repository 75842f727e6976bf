from pathlib import Path

import pytest

from trainjob_contract.termination import LIMIT, compose_termination, write_termination


def test_the_sentence_comes_first_and_the_last_lines_after_it() -> None:
    assert compose_termination("It failed.", ["one ", "two"]) == b"It failed.\none\ntwo"


def test_twenty_lines_at_most() -> None:
    assert compose_termination("It failed.", [str(number) for number in range(100)]).split(b"\n")[1] == b"80"


@pytest.mark.parametrize(
    ("sentence", "line"),
    [
        pytest.param("It failed.", "x" * 1000, id="long-lines"),
        pytest.param("It failed.", "ж" * 1001, id="not-ascii"),
        pytest.param("ж" * LIMIT, "x", id="long-sentence"),
    ],
)
def test_it_fits_into_what_kubernetes_keeps(sentence: str, line: str) -> None:
    message = compose_termination(sentence, [line] * 20)
    first, *rest = message.decode().split("\n")

    assert LIMIT - len(line.encode()) <= len(message) <= LIMIT
    assert sentence.startswith(first)
    assert set(rest) <= {line}


def test_it_is_written_where_the_kubelet_made_a_file(tmp_path: Path) -> None:
    there, not_there = tmp_path / "log", tmp_path / "nothing"
    there.touch()

    write_termination({"TERMINATION_MESSAGE_PATH": str(there)}, print, "It failed.", ["last"])
    write_termination({"TERMINATION_MESSAGE_PATH": str(not_there)}, print, "It failed.")

    assert there.read_text() == "It failed.\nlast"
    assert not not_there.exists()


def test_what_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    write_termination({"TERMINATION_MESSAGE_PATH": "/proc/self/status"}, print, "It failed.")

    assert capsys.readouterr().out.startswith("The termination message cannot be written: ")
