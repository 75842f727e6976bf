import re
import signal

import pytest

from trainjob_torchtune.process.failure import Failure, explain, tell_of_stop
from trainjob_torchtune.process.supervisor import Ending

TRACEBACK = ["Traceback (most recent call last):", '  File "r.py", line 1, in <module>', "    main()", "    ^^^^^^"]
SHOWN = TRACEBACK[:3]
REPORT = [
    "W1125 02:05:15.512000 7 torch/distributed/elastic/multiprocessing/api.py:1028] Sending process 9 SIGTERM",
    *TRACEBACK,
    "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:",
    "  error_file: <N/A>",
]
GLOO = "RuntimeError: [/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:553] Connection closed by peer [10.0.0.2]."


def report(*ranks_and_codes: int) -> list[str]:
    """The end of torchrun's report on processes; that of rank 1 has the PID 11."""
    pairs = zip(ranks_and_codes[::2], ranks_and_codes[1::2], strict=False)
    return [
        *REPORT,
        *(
            line
            for rank, code in pairs
            for line in (f"  rank      : {rank} (local_rank: {rank % 2})", f"  exitcode  : {code} (pid: {10 + rank})")
        ),
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
            [*TRACEBACK, "KeyError: 1", "", *TRACEBACK, "Exception: Unexpected key: a.", "Exception ignored in: b"],
            "Exception: Unexpected key: a",
            [*SHOWN, "KeyError: 1", *SHOWN, "Exception: Unexpected key: a.", "Exception ignored in: b"],
            id="just-an-exception",
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
            [*of_rank(2, [*TRACEBACK, GLOO]), *of_rank(3, [*TRACEBACK, "ValueError: 3"]), *REPORT],
            "ValueError: 3",
            [*SHOWN, "ValueError: 3"],
            id="the-rank-with-a-reason-of-its-own",
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
    failure = explain("r", Ending(1, None), lines)

    assert re.sub(r" on rank \d", "", failure.sentence) == f"The recipe r failed: {cause}."
    assert (failure.lines, failure.code) == (tuple(shown), 1)


def test_the_rank_is_named() -> None:
    assert explain("r", Ending(1, None), of_rank(3, ["ValueError: no"])).sentence == (
        "The recipe r failed on rank 3: ValueError: no."
    )


def test_without_a_cause_the_exit_code_is_all_there_is() -> None:
    assert explain("r", Ending(3, None), ["last"]) == Failure("The recipe r ended with exit code 3.", ("last",), 3)


@pytest.mark.parametrize("lines", [["last"], report(0)], ids=["alone", "of-several"])
def test_who_is_killed_wants_memory(lines: list[str]) -> None:
    failure = explain("r", Ending(137, None), lines)

    assert "most likely for want of memory" in failure.sentence
    assert failure.code == 137


@pytest.mark.parametrize(
    ("lines", "beginning", "code"),
    [
        pytest.param(report(3, -9), "A process of the recipe r (rank 3) was killed (SIGKILL)", 137, id="killed"),
        pytest.param(
            [*of_rank(2, [GLOO]), *report(2, 1, 3, -9)], "A process of the recipe r (rank 3) was killed", 137, id="both"
        ),
        pytest.param(
            [*of_rank(0, [GLOO]), *report(0, 1, 1, -11)],
            "A process of the recipe r (rank 1) was ended by SIGSEGV.",
            139,
            id="crashed-beside-another",
        ),
        pytest.param(report(1, -6), "A process of the recipe r (rank 1) was ended by SIGABRT.", 134, id="aborted"),
        pytest.param(
            [*of_rank(1, [GLOO]), *report(1, -6)],
            "The recipe r lost another of its processes",
            22,
            id="aborted-peer_lost",
        ),
        pytest.param(report(1, -11), "A process of the recipe r (rank 1) was ended by SIGSEGV.", 139, id="crashed"),
        pytest.param(
            [*of_rank(1, ["ValueError: no"]), *report(0, -6)],
            "The recipe r failed on rank 1: ValueError: no.",
            1,
            id="an-error-says-more",
        ),
        pytest.param(
            ["[rank1]:[E] ProcessGroupNCCL.cpp:683 Watchdog caught collective operation timeout", *report(1, -6)],
            "The recipe r lost another of its processes",
            22,
            id="nccl-aborts",
        ),
    ],
)
def test_a_process_of_several_that_a_signal_ended(lines: list[str], beginning: str, code: int) -> None:
    failure = explain("r", Ending(1, None), lines)

    assert failure.sentence.startswith(beginning)
    assert failure.code == code


def test_a_process_that_torchrun_had_to_kill_is_not_to_blame() -> None:
    closing = (
        "W1125 02:05:15.5 7 torch/distributed/elastic/multiprocessing/api.py:1028] Sending process 12 closing signal"
    )
    lines = [*of_rank(3, ["ValueError: no"]), closing, *report(2, -9, 3, 1)]

    assert explain("r", Ending(1, None), lines).sentence == "The recipe r failed on rank 3: ValueError: no."


@pytest.mark.parametrize(
    "error",
    [
        GLOO,
        "RuntimeError: [/pytorch/gloo/transport/tcp/pair.cc:537] Read error: reset by peer.",
        "RuntimeError: [/gloo/transport/tcp/unbound_buffer.cc:81] Timed out waiting 1800000ms for recv operation",
        "torch.distributed.DistNetworkError: Failed to recv, got 0 bytes. Connection was likely closed. Did the remote",
        "torch.distributed.DistBackendError: NCCL error in: x.cpp:36, remote process exited or there was a network",
        "torch.distributed.DistBackendError: NCCL communicator was aborted on rank 1: ncclRemoteError",
        "torch.distributed.DistStoreError: Timed out after 601 seconds waiting for clients. 1/2 clients joined.",
    ],
)
def test_who_lost_another_process_is_not_to_blame(error: str) -> None:
    failure = explain("r", Ending(1, None), [*of_rank(0, [*TRACEBACK, error]), *report(0, 1)])

    assert failure.sentence.startswith("The recipe r lost another of its processes, which failed or was cut off before")
    assert f"Here on rank 0: {error[:60]}" in failure.sentence
    assert failure.code == 22


@pytest.mark.parametrize(
    "error", ["ConnectionResetError: [Errno 104] Connection reset by peer", "TimeoutError: timed out", "OSError: NCCL"]
)
def test_other_connections_are_reasons_of_its_own(error: str) -> None:
    assert explain("r", Ending(1, None), of_rank(0, [error])).code == 1


def test_who_is_asked_to_end_did_not_fail() -> None:
    failure = explain("r", Ending(1, signal.SIGTERM), [*TRACEBACK, "SignalException: 15"])

    assert failure == Failure("The recipe r was stopped by SIGTERM.", (), 143)


FAILED = (
    "E1125 09:34:25.6 7 torch/distributed/elastic/x.py:1002] failed (exitcode: {}) local_rank: 0 (pid: 1) of binary"
)


def test_who_is_asked_to_end_when_it_had_failed_already_says_so() -> None:
    lines = ["last", FAILED.format(-9), *TRACEBACK, "SignalException: 15"]
    failure = explain("r", Ending(1, signal.SIGTERM), lines)

    assert failure.sentence.startswith("A process of the recipe r was killed (SIGKILL)")
    assert failure.code == 137


def test_who_is_asked_to_end_when_it_had_lost_another_was_stopped() -> None:
    failure = explain("r", Ending(1, signal.SIGTERM), [*of_rank(0, [GLOO]), FAILED.format(1), "SignalException: 15"])

    assert (failure.sentence, failure.code) == ("The recipe r was stopped by SIGTERM.", 143)


def test_a_long_cause_is_cut() -> None:
    assert len(explain("r", Ending(1, None), ["ValueError: " + "word " * 1000]).sentence) < 600


@pytest.mark.parametrize("rank", [None, 0])
def test_a_loss_that_is_no_number_has_a_code_of_its_own(rank: int | None) -> None:
    said = "The loss was nan for 10 steps, since step 3. The weights are of no use since then."
    lines = [*TRACEBACK[:-1], f"trainjob_torchtune.steps.loss.NotANumberError: {said}"]
    failure = explain("r", Ending(1, None), lines if rank is None else of_rank(rank, lines))

    assert (failure.sentence, failure.code) == (said, 24)


@pytest.mark.parametrize(
    ("asked_by", "step", "sentence", "code"),
    [
        (signal.SIGTERM, "12", "stopped by SIGTERM; it goes on from step 12 when it starts again", 143),
        (signal.SIGINT, "0", "stopped by SIGINT; it starts anew", 130),
        (None, "12", "stopped because another node was asked to end; it goes on from step 12 when it starts again", 23),
    ],
)
def test_who_stopped_in_order_says_where_it_goes_on(
    asked_by: signal.Signals | None, step: str, sentence: str, code: int
) -> None:
    assert tell_of_stop("r", Ending(0, asked_by), step) == Failure(f"The recipe r was {sentence}.", (), code)
