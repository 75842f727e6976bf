"""What goes wrong on the way, and is got over."""

import re
import signal
import time
from pathlib import Path

import pytest
from tests.hub import Fault, HubServer
from tests.initializer.conftest import Container


def weights_requested(hub: HubServer) -> list[tuple[str, str | None]]:
    """The requests for the one big file: method and range."""
    return [(one.method, one.range) for one in hub.requests if one.path.endswith("/model.safetensors")]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/api/models/org/model", times=1, status=503),
        Fault("/tree/", times=1, status=500),
        Fault("/config.json", times=1, status=504),
        Fault("/config.json", times=1, status=429, headers={"Retry-After": "1"}),
    ],
    ids=["info", "tree", "file", "rate-limit"],
)
def test_a_transient_error_is_retried(container: Container, hub: HubServer, fault: Fault) -> None:
    hub.faults.append(fault)

    outcome = container.run("model", "hf://org/model", IGNORE_PATTERNS="small/*")

    assert (outcome.code, outcome.termination) == (0, "")
    assert fault.times == 0


def test_a_final_error_is_not_retried(container: Container, hub: HubServer) -> None:
    outcome = container.run("model", "hf://org/missing")

    assert outcome.code == 10
    assert [request.path for request in hub.requests] == ["/api/models/org/missing"]


def test_a_broken_connection_goes_on_where_it_broke(container: Container, hub: HubServer, shelf: Path) -> None:
    hub.faults.append(Fault("/model.safetensors", after_bytes=1_048_576, cut=True))

    outcome = container.run("model", "hf://org/model", IGNORE_PATTERNS="small/*")

    assert outcome.code == 0
    assert weights_requested(hub) == [("GET", None), ("GET", "bytes=1048576-2999999")]
    received = container.workspace / "model" / "model.safetensors"
    assert received.read_bytes() == (shelf / "model" / "model.safetensors").read_bytes()


def test_a_stalled_download_is_started_over(container: Container, hub: HubServer) -> None:
    hub.faults.append(Fault("/model.safetensors", after_bytes=1_000_000))

    outcome = container.run(
        "model",
        "hf://org/model",
        IGNORE_PATTERNS="small/*",
        HF_HUB_DOWNLOAD_TIMEOUT="60",
        TRAINJOB_STALL_SECONDS="1",
    )

    assert outcome.code == 0
    assert f"  nothing has come from {hub.url} for 1 s; starting over without Xet" in outcome.lines
    assert outcome.lines[-2].startswith("Downloading 1 of 5 files, 2.00 MB")
    assert weights_requested(hub) == [("GET", None), ("GET", "bytes=1000000-2999999")]
    assert list(container.workspace.rglob("*.part")) == []


def test_xet_storage_that_does_not_answer_is_gone_around(container: Container, hub: HubServer, shelf: Path) -> None:
    hub.add_repo("model", "org/model", shelf / "model", xet=True)

    outcome = container.run("model", "hf://org/model", IGNORE_PATTERNS="small/*", TRAINJOB_STALL_SECONDS="3")

    assert outcome.code == 0
    assert f"  nothing has come from {hub.url} for 3 s; starting over without Xet" in outcome.lines
    assert any(request.path.startswith("/xet/") for request in hub.requests)
    received = container.workspace / "model" / "model.safetensors"
    assert received.read_bytes() == (shelf / "model" / "model.safetensors").read_bytes()


def test_xet_storage_that_refuses_is_gone_around(container: Container, hub: HubServer, shelf: Path) -> None:
    hub.add_repo("model", "org/model", shelf / "model", xet=True)
    hub.faults.append(Fault("/xet/", times=float("inf"), status=403))

    outcome = container.run("model", "hf://org/model/model.safetensors")

    assert outcome.code == 0
    # The stream says what was wrong, or ends before it does.
    assert re.fullmatch(r"  (Xet has sent 0 bytes|.*403 Forbidden).*; starting over without Xet", outcome.lines[2])


def test_a_stall_that_lasts_is_given_up(container: Container, hub: HubServer) -> None:
    hub.faults.append(Fault("/model.safetensors", times=float("inf"), after_bytes=0))

    outcome = container.run(
        "model",
        "hf://org/model/model.safetensors",
        HF_HUB_DOWNLOAD_TIMEOUT="60",
        TRAINJOB_STALL_SECONDS="0.5",
        TRAINJOB_GIVE_UP_SECONDS="0.8",
    )

    line = (
        f"Gave up on the model org/model (nothing has come from {hub.url} for 0.5 s):"
        " check the network, the proxy and HF_ENDPOINT."
    )
    assert (outcome.code, outcome.lines[-1], outcome.termination) == (14, line, line)


def test_waiting_as_the_hub_asks_is_no_stall(container: Container, hub: HubServer) -> None:
    hub.faults.append(Fault("/config.json", times=2, status=429, headers={"Retry-After": "1"}))

    outcome = container.run("model", "hf://org/model@v1", TRAINJOB_STALL_SECONDS="2")

    assert outcome.code == 0
    assert not any("starting over" in line for line in outcome.lines)


def test_progress_is_printed_as_lines(container: Container, hub: HubServer) -> None:
    hub.faults.append(Fault("/model.safetensors", after_bytes=1_500_000, pause_s=1))

    outcome = container.run("model", "hf://org/model", IGNORE_PATTERNS="small/*", TRAINJOB_PROGRESS_SECONDS="0.4")

    assert outcome.code == 0
    reports = outcome.lines[2:-1]
    assert any("MB of 3.00 MB" in line and "4 of 5 files" in line for line in reports)
    for line in reports:
        assert re.fullmatch(
            r"  [\d.]+ [kM]?B of 3\.00 MB \(\d+ %\), \d of 5 files, [\d.]+ [kM]?B/s(, .* left)?", line
        ), line


def test_sigterm_ends_it_at_once_and_the_next_run_goes_on(container: Container, hub: HubServer) -> None:
    hub.faults.append(Fault("/model.safetensors", after_bytes=1_500_000))
    process = container.start("model", "hf://org/model", IGNORE_PATTERNS="small/*", TRAINJOB_PROGRESS_SECONDS="0.4")
    assert process.stdout is not None
    assert any("4 of 5 files" in line for line in process.stdout), "it ended before all files but the slow one came"

    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=60)

    assert time.monotonic() - started < 15
    line = "The download of the model org/model was stopped by SIGTERM; what has arrived stays."
    assert (process.returncode, rest.splitlines()[-1], container.termination()) == (143, line, line)

    hub.requests.clear()
    outcome = container.run("model", "hf://org/model", IGNORE_PATTERNS="small/*")

    assert outcome.code == 0
    assert weights_requested(hub) == [("GET", "bytes=1500000-2999999")]
    assert len(hub.requests) == 3
    assert list(container.workspace.rglob("*.part")) == []
