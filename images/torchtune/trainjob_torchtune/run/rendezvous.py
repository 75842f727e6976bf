"""Where the processes of several nodes meet: a pod's name, which DNS knows only once that pod has an address."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address

from trainjob_contract.environment import RDZV_ENDPOINT
from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.violation import Violation

LIMIT_VARIABLE = "TRAINJOB_RENDEZVOUS_TIMEOUT"
"""How many seconds a node waits for the first one's name."""
_LIMIT_SECONDS = 900.0
_LOCAL = "localhost"

Resolve = Callable[[str], str]
"""Looks a name up; returns why that failed, in words, or nothing if it is there."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a name is waited for, how often it is looked up, and how often the log says so, all in seconds."""

    limit: float = _LIMIT_SECONDS
    every: float = 1.0
    report: float = 60.0


def read_patience(environment: Mapping[str, str]) -> Patience:
    """Return how long to wait; what is no number is as good as nothing."""
    asked = environment.get(LIMIT_VARIABLE, "")
    return Patience(limit=max(float(asked), 1.0)) if asked.isdecimal() else Patience()


def find_host(run: TuneRun, environment: Mapping[str, str]) -> str | None:
    """Return the name at which torchrun's processes meet; None if nothing has to be looked up for it."""
    if not run.is_distributed:
        return None
    endpoint = (run.option("rdzv_endpoint") or environment.get(RDZV_ENDPOINT) or "").strip()
    name, colon, port = endpoint.rpartition(":")
    host = name if colon and port.isdecimal() else endpoint
    with suppress(ValueError):
        ip_address(host.strip("[]"))
        return None
    return host if host not in {"", _LOCAL} else None


def look_up(host: str) -> str:
    """Ask the system's resolver, which may take many seconds to say that it has no answer."""
    try:
        socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        return error.strerror or str(error)
    except UnicodeError:
        return "not a name that DNS can know"
    return ""


def await_host(
    host: str, patience: Patience, say: Callable[[str], None], resolve: Resolve = look_up
) -> Violation | None:
    """Wait until the name is there; a Violation if it does not come in time.

    torchrun would try for as long, but with a warning a second, and with an exception in the end. A thread asks, since
    no signal interrupts the resolver: the caller's thread can be interrupted at any time.
    """
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    is_over = threading.Event()
    threading.Thread(target=_ask, args=(host, patience.every, resolve, answers, is_over), daemon=True).start()
    try:
        return _await_answer(host, patience, say, answers)
    finally:
        is_over.set()


def _await_answer(
    host: str, patience: Patience, say: Callable[[str], None], answers: "queue.SimpleQueue[str]"
) -> Violation | None:
    began = time.monotonic()
    reported_at: float | None = None
    answer = "the resolver has not answered yet"
    while True:
        with suppress(queue.Empty):
            answer = answers.get(timeout=min(patience.every, patience.limit))
        waited = time.monotonic() - began
        if not answer:
            if reported_at is not None:
                say(f"The first node's name {host} is there after {waited:.0f} s.")
            return None
        if waited >= patience.limit:
            return Violation(
                f"The first node's name {host} was not found in DNS within {patience.limit:.0f} s ({answer}): see "
                "whether the pod with index 0 is scheduled and has an address, and whether this pod reaches the "
                f"cluster's DNS; {LIMIT_VARIABLE} sets how long to wait."
            )
        if reported_at is None or waited - reported_at >= patience.report:
            say(
                f"Waiting for the first node: its name {host} is not in DNS yet ({answer}); {waited:.0f} s of at most "
                f"{patience.limit:.0f} s."
            )
            reported_at = waited


def _ask(
    host: str, every: float, resolve: Resolve, answers: "queue.SimpleQueue[str]", is_over: threading.Event
) -> None:
    while answer := resolve(host):
        answers.put(answer)
        if is_over.wait(every):
            return
    answers.put("")
