"""How long nobody reconciles when the operator is stopped and started, and what it then writes without need."""

import asyncio
import time
from dataclasses import dataclass

from tests.bench import procfs
from tests.bench.contestants import Operated
from tests.bench.observer import observing
from tests.bench.procfs import Memory
from tests.bench.quantiles import Quantiles, quantiles
from tests.bench.tally import Tally, tally
from tests.bench.testbed import OPERATOR, Testbed
from tests.bench.timeline import Moment

_PROBES = 3
_QUIET = 15.0  # long enough for everything that a new process does late


@dataclass(frozen=True, slots=True)
class Restart:
    """What was measured, in seconds; each begins when the old process is told to stop.

    Attributes:
        stopped: the old process has ended.
        leading: the new one has filled its caches and holds the Lease.
        reconciling: the first Job of a TrainJob that was created while none of them ran.
        cpu: CPU time of the new process, from its start until it was quiet.
        requests: what the new process asked in its first seconds, with nothing to be done.
    """

    stopped: Quantiles
    leading: Quantiles
    reconciling: Quantiles
    cpu: float
    memory: Memory
    requests: Tally


async def restart(bed: Testbed) -> Restart:
    """Restart an operator that has nothing to do, then some that have."""
    async with bed.operator():
        await asyncio.sleep(1.0)
    audit = bed.audit(OPERATOR)
    async with bed.operator() as operator:
        await asyncio.sleep(_QUIET)
        requests = tally(audit.requests())
        cpu, memory = procfs.cpu_seconds(operator.pid), procfs.memory(operator.pid)
    probes = [await _probe(bed, f"probe-{number}") for number in range(_PROBES)]
    stopped, leading, reconciling = (quantiles(column) for column in zip(*probes, strict=True))
    return Restart(stopped, leading, reconciling, cpu, memory, requests)


async def _probe(bed: Testbed, name: str) -> tuple[float, float, float]:
    namespace = bed.make_namespace()
    async with observing(bed.kube, namespace) as observer:
        side = Operated(bed.kube, observer, namespace)
        async with bed.operator():
            began = time.monotonic()
        stopped = time.monotonic()
        operator = bed.start_operator()
        try:
            await side.create(name)
            await asyncio.to_thread(operator.await_leading)
            leading = time.monotonic()
            await side.finish(name)
            operator.stop()
        finally:
            operator.destroy()
    return stopped - began, leading - began, observer.timelines[name][Moment.FIRST_JOB] - began
