"""What it costs to hear of TrainJobs: by kopf, and by a reflector, of the same ones at the same time."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.bench import image_like, procfs
from tests.bench.errors import BenchError
from tests.bench.testbed import Testbed
from tests.bench.workload import trainjob
from tests.devcluster.cache import ROOT
from trainjob_operator.controller.kube.resources import TRAINJOBS

EVENTS = 10
"""Of each TrainJob: it is created, its status is written, it is deleted."""
_SETTLE = 2.0
_WITHIN_S = 60.0


class By(StrEnum):
    """Who hears of them."""

    KOPF = "kopf"
    REFLECTOR = "reflector"


@dataclass(frozen=True, slots=True)
class Hearing:
    """CPU seconds of each while TrainJobs came and went, as many as it says."""

    jobs: int
    cpu: dict[By, float]
    load: tuple[float, float]


async def hear(bed: Testbed, jobs: int, every: float) -> Hearing:
    """Have TrainJobs come and go, one every so many seconds; each listener is a process of its own."""
    namespace = bed.make_namespace()
    with ExitStack() as stack:
        pids = {by: stack.enter_context(_listener(bed, by, namespace)) for by in By}
        await asyncio.sleep(_SETTLE)
        before, load = {by: procfs.cpu_seconds(pid) for by, pid in pids.items()}, os.getloadavg()[0]
        for number in range(jobs):
            began = time.monotonic()
            await _come_and_go(bed, namespace, f"heard-{number}")
            await asyncio.sleep(max(0.0, began + every - time.monotonic()))
        await asyncio.sleep(_SETTLE)
        cpu = {by: procfs.cpu_seconds(pid) - before[by] for by, pid in pids.items()}
    bed.remove_namespace(namespace)
    return Hearing(jobs, cpu, (load, os.getloadavg()[0]))


async def _come_and_go(bed: Testbed, namespace: str, name: str) -> None:
    made = await bed.kube.create(TRAINJOBS, namespace, trainjob(namespace, name))
    for active in range(EVENTS - 2):
        counts = {"name": "node", "ready": 0, "succeeded": 0, "failed": 0, "active": active, "suspended": 0}
        status = [{"op": "add", "path": "/status", "value": {"jobsStatus": [counts]}}]
        await bed.kube.patch(TRAINJOBS, namespace, name, status, subresource="status")
    await bed.kube.delete(TRAINJOBS, namespace, name, made.body["metadata"]["uid"])


@contextmanager
def _listener(bed: Testbed, by: By, namespace: str) -> Iterator[int]:
    """Run one that has heard of all that were there."""
    said = bed.cluster.spec.state / "logs" / f"listener-{by}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [image_like.python(), Path(__file__).with_name("listener.py"), by, bed.cluster.kubeconfig, namespace],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "operator")},
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + _WITHIN_S
        while b"synced" not in said.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{by} hears of nothing: {said.read_text()}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
