import signal

import pytest

from trainjob_torchtune.failure import Failure, explain
from trainjob_torchtune.supervisor import Ending

TRACEBACK = ["Traceback (most recent call last):", '  File "r.py", line 1, in <module>', "    main()", "    ^^^^^^"]
SHOWN = TRACEBACK[:3]
REPORT = [
    "W1125 02:05:15.512000 7 torch/distributed/elastic/multiprocessing/api.py:1028] Sending process 9 SIGTERM",
    *TRACEBACK,
    "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:",
    "  error_file: <N/A>",
]


def of_rank(rank: int, lines: list[str]) -> list[str]:
    return [f"[rank{rank}]: {line}" for line in lines]


@pytest.mark.parametrize(
    ("lines", "cause", "shown"),
    [
        pytest.param([*TRACEBACK, "ValueError: no."], "ValueError: no", [*SHOWN, "ValueError: no."], id="one-process"),
        pytest.param(
            [*TRACEBACK, "KeyError: 1", "", "During handling ...", "", *TRACEBACK, "torch.OutOfMemoryError: CUDA"],
            "torch.OutOfMemoryError: CUDA",
            [*SHOWN, "KeyError: 1", "During handling ...", *SHOWN, "torch.OutOfMemoryError: CUDA"],
            id="the-outermost",
        ),
        pytest.param(
            [*TRACEBACK, "RuntimeError: Error(s) in loading:", "\tMissing key(s): a.", "\tUnexpected key(s): b."],
            "RuntimeError: Error(s) in loading: Missing key(s): a",
            [*SHOWN, "RuntimeError: Error(s) in loading:", "\tMissing key(s): a.", "\tUnexpected key(s): b."],
            id="two-lines",
        ),
        pytest.param(
            [*of_rank(1, [*TRACEBACK, "ValueError: 1"]), *of_rank(0, [*TRACEBACK, "ValueError: 0"]), *REPORT],
            "ValueError: 1",
            [*SHOWN, "ValueError: 1"],
            id="the-rank-that-failed-first",
        ),
        pytest.param(
            [*TRACEBACK, "ImportError: x", *REPORT],
            "ImportError: x",
            [*SHOWN, "ImportError: x"],
            id="before-ranks-are-known",
        ),
        pytest.param(
            ["usage: tune run [TORCHRUN-OPTIONS]", "tune run: error: Recipe r does not."],
            "Recipe r does not",
            ["usage: tune run [TORCHRUN-OPTIONS]", "tune run: error: Recipe r does not."],
            id="usage",
        ),
    ],
)
def test_the_cause_and_the_lines_that_lead_to_it(lines: list[str], cause: str, shown: list[str]) -> None:
    expected = Failure(f"The recipe r failed: {cause}.", tuple(shown))

    assert explain("r", Ending(1, None), lines) == expected


def test_without_a_cause_the_exit_code_is_all_there_is() -> None:
    assert explain("r", Ending(3, None), ["last"]) == Failure("The recipe r ended with exit code 3.", ("last",))


@pytest.mark.parametrize(
    ("code", "line"),
    [(137, "last"), (1, "  traceback : Signal 9 (SIGKILL) received by PID 12")],
    ids=["itself", "worker"],
)
def test_who_is_killed_wants_memory(code: int, line: str) -> None:
    assert "most likely for want of memory" in explain("r", Ending(code, None), [line]).sentence


def test_who_is_asked_to_end_did_not_fail() -> None:
    failure = explain("r", Ending(1, signal.SIGTERM), [*TRACEBACK, "SignalException: 15"])

    assert failure == Failure("The recipe r was stopped by SIGTERM.", ())


def test_a_long_cause_is_cut() -> None:
    assert len(explain("r", Ending(1, None), ["ValueError: " + "word " * 1000]).sentence) < 600
