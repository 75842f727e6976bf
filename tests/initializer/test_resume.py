"""Large files that do not come in one go, and runs that share a volume."""

import os
import signal
from pathlib import Path

import pytest
from tests.hub import Fault, HubServer
from tests.initializer.conftest import Container

URI = "hf://org/model/model.safetensors"


@pytest.fixture
def parts(container: Container) -> Path:
    return container.workspace / "model" / ".cache" / "trainjob" / "parts"


def ranges(hub: HubServer) -> list[str | None]:
    return [one.range for one in hub.requests if one.path.endswith("/model.safetensors")]


def break_off(container: Container, hub: HubServer, **environment: str) -> None:
    """Kill a run once it has received some of the file."""
    hub.faults.append(Fault("/model.safetensors", after_bytes=2_000_000))
    process = container.start(
        "model", URI, TRAINJOB_PROGRESS_SECONDS="0.2", HF_HUB_DOWNLOAD_TIMEOUT="60", **environment
    )
    assert process.stdout is not None
    assert any("2.00 MB of 3.00 MB" in line for line in process.stdout)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    hub.requests.clear()


def test_a_killed_run_is_gone_on_with(container: Container, hub: HubServer, shelf: Path, parts: Path) -> None:
    break_off(container, hub, HOSTNAME="job-0")

    outcome = container.run("model", URI, HOSTNAME="job-0")

    assert outcome.lines[1].startswith("Downloading 1 of 1 file, 1.00 MB")
    assert ranges(hub) == ["bytes=2000000-2999999"]
    received = container.workspace / "model" / "model.safetensors"
    assert received.read_bytes() == (shelf / "model" / "model.safetensors").read_bytes()
    assert list(parts.iterdir()) == []


def test_bytes_that_have_changed_on_the_volume_are_noticed(
    container: Container, hub: HubServer, shelf: Path, parts: Path
) -> None:
    break_off(container, hub)
    [part] = parts.iterdir()
    with part.open("r+b") as stream:
        stream.write(b"changed")

    outcome = container.run("model", URI)

    assert outcome.code == 0
    assert "  model.safetensors has arrived damaged; beginning it anew" in outcome.lines
    received = container.workspace / "model" / "model.safetensors"
    assert received.read_bytes() == (shelf / "model" / "model.safetensors").read_bytes()


def test_what_another_host_is_busy_with_is_left_alone(container: Container, hub: HubServer, parts: Path) -> None:
    break_off(container, hub, HOSTNAME="other")
    [held] = parts.iterdir()
    client = container.workspace / "model/.cache/huggingface/download/model.safetensors.x.incomplete"
    client.parent.mkdir(parents=True)
    client.write_bytes(b"of an earlier version")

    outcome = container.run("model", URI, HOSTNAME="ours")

    assert outcome.code == 0
    assert ranges(hub) == [None]
    assert (held.stat().st_size, client.stat().st_size) == (2_000_000, 21)


def test_what_another_host_has_left_behind_is_gone_on_with(container: Container, hub: HubServer, parts: Path) -> None:
    break_off(container, hub, HOSTNAME="gone")
    [left] = parts.iterdir()
    os.utime(left, (0, 0))

    assert container.run("model", URI, HOSTNAME="ours").code == 0
    assert ranges(hub) == ["bytes=2000000-2999999"]
    assert list(parts.iterdir()) == []


def test_a_hub_that_always_asks_to_wait_is_given_up(container: Container, hub: HubServer) -> None:
    hub.faults.append(Fault("/tree/", times=float("inf"), status=429, headers={"Retry-After": "1"}))

    outcome = container.run("model", URI, TRAINJOB_GIVE_UP_SECONDS="3")

    assert outcome.code == 14
    assert "HTTP 429" in outcome.termination
