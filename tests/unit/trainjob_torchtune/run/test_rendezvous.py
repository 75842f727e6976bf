"""With the system's own resolver where a name is not there, and a function in its place where one appears."""

import os
import signal
import threading
import time

import pytest

from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.run.rendezvous import Patience, await_host, find_host, look_up, read_patience
from trainjob_torchtune.violation import Violation

NOWHERE = "tiny-node-0-0.tiny.invalid"
IMPATIENT = Patience(limit=0.3, every=0.05, report=0.1)


@pytest.mark.parametrize(
    ("torchrun", "environment", "host"),
    [
        pytest.param("", {"PET_RDZV_ENDPOINT": "a.b:29500"}, None, id="one-process"),
        pytest.param("--rdzv_endpoint=a.b:29500", {}, "a.b", id="option"),
        pytest.param("--rdzv-endpoint a.b:29500", {"PET_RDZV_ENDPOINT": "c:1"}, "a.b", id="option-wins"),
        pytest.param("--max_restarts=0", {"PET_RDZV_ENDPOINT": "a.b:29500"}, "a.b", id="environment"),
        pytest.param("--rdzv_endpoint=a.b", {}, "a.b", id="without-a-port"),
        pytest.param("--rdzv_endpoint=localhost:0", {}, None, id="here"),
        pytest.param("--rdzv_endpoint=10.0.0.1:29500", {}, None, id="address"),
        pytest.param("--rdzv_endpoint=[fd00::1]:29500", {}, None, id="address-of-version-6"),
        pytest.param("--standalone", {}, None, id="nothing"),
    ],
)
def test_which_name_is_waited_for(torchrun: str, environment: dict[str, str], host: str | None) -> None:
    assert find_host(TuneRun(tuple(torchrun.split()), "r", "c", ()), environment) == host


@pytest.mark.parametrize(("value", "limit"), [({}, 900), ({"TRAINJOB_RENDEZVOUS_TIMEOUT": "7"}, 7)])
def test_how_long(value: dict[str, str], limit: float) -> None:
    assert read_patience(value).limit == limit


def test_the_resolver_knows_this_machine_and_says_why_it_does_not_know_a_name() -> None:
    assert look_up("localhost") == ""
    assert look_up(NOWHERE)
    assert look_up("a" * 64) == "not a name that DNS can know"


def test_a_name_that_is_there_is_not_spoken_of() -> None:
    said: list[str] = []

    assert await_host("localhost", IMPATIENT, said.append) is None
    assert said == []


def test_a_name_that_appears() -> None:
    answers = iter(["Name or service not known", "Name or service not known", ""])
    said: list[str] = []

    assert await_host("a.b", Patience(every=0.01), said.append, lambda _: next(answers)) is None
    assert said == [
        "Waiting for the first node: its name a.b is not in DNS yet (Name or service not known); 0 s of at most 900 s.",
        "The first node's name a.b is there after 0 s.",
    ]


def test_a_name_that_never_appears() -> None:
    said: list[str] = []
    violation = await_host(NOWHERE, IMPATIENT, said.append)

    assert isinstance(violation, Violation)
    assert violation.message.startswith(f"The first node's name {NOWHERE} was not found in DNS within 0 s (")
    assert "see whether the pod with index 0 is scheduled and has an address" in violation.message
    assert 1 <= len(said) <= 4


def test_a_resolver_that_does_not_answer_is_not_waited_for() -> None:
    def hang(_: str) -> str:
        time.sleep(3)
        return "late"

    began = time.monotonic()
    violation = await_host("a.b", IMPATIENT, lambda _: None, hang)

    assert time.monotonic() - began < 2.5
    assert violation is not None
    assert "(the resolver has not answered yet)" in violation.message


def test_a_signal_ends_the_wait_while_the_resolver_hangs() -> None:
    class AskedToEndError(Exception):
        pass

    def stop(*_: object) -> None:
        raise AskedToEndError

    def hang(_: str) -> str:
        time.sleep(4)
        return ""

    previous = signal.signal(signal.SIGTERM, stop)
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
    began = time.monotonic()
    try:
        with pytest.raises(AskedToEndError):
            await_host("a.b", Patience(), lambda _: None, hang)
    finally:
        signal.signal(signal.SIGTERM, previous)

    assert time.monotonic() - began < 3.5
