"""What webhooks add to the creation of a TrainJob: dry runs with and without them, in turns, on one connection."""

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus

import orjson

from tests.bench import procfs
from tests.bench.errors import BenchError
from tests.bench.quantiles import Quantiles, quantiles
from tests.bench.testbed import Testbed
from tests.bench.webhooks import serving
from tests.bench.window import Usage, Window
from tests.bench.workload import Body, trainjob
from trainjob_operator.controller.kube.connection import from_kubeconfig
from trainjob_operator.controller.kube.resources import TRAINJOBS
from trainjob_operator.controller.kube.transport import HttpRequest, Transport
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import ApiError

_ROUNDS = 5
_WARM_UP = 20
_WITHIN_S = 30.0
_SETTLE = 1.0  # there are two configurations, and only the validating one shows that the API server knows it


@dataclass(frozen=True, slots=True)
class Admission:
    """What was measured, in seconds.

    Attributes:
        admitted, plain: how long a create takes with webhooks, and without.
        cpu: the operator's for each create.
    """

    admitted: Quantiles
    plain: Quantiles
    cpu: float
    usage: Usage


@dataclass(frozen=True, slots=True)
class _Creator:
    """Creates TrainJobs one after the other, and none of them is stored."""

    transport: Transport
    namespace: str

    async def create(self, times: int) -> list[float]:
        """Create the same TrainJob over and over; gives how long each took."""
        body = trainjob(self.namespace, "dry")
        took = []
        for _ in range(times):
            began = time.perf_counter()
            await self._send(body)
            took.append(time.perf_counter() - began)
        return took

    async def await_webhooks(self, *, there: bool) -> None:
        """Wait until the API server asks the webhooks, or does not any more."""
        deadline = time.monotonic() + _WITHIN_S
        while await self._is_denied() is not there:
            if time.monotonic() > deadline:
                raise BenchError(f"the API server does not {'begin' if there else 'cease'} to ask the webhooks")
            await asyncio.sleep(0.1)
        await asyncio.sleep(_SETTLE)
        await self.create(_WARM_UP)

    async def _is_denied(self) -> bool | None:
        """Tell whether a TrainJob is denied that nothing but a webhook denies; None if nobody can be asked."""
        body = trainjob(self.namespace, "dry")
        try:
            await self._send({**body, "spec": {"runtimeRef": {"name": "absent"}}})
        except ApiError as error:
            return True if error.status == HTTPStatus.FORBIDDEN else None
        return False

    async def _send(self, body: Body) -> None:
        path = TRAINJOBS.path(self.namespace)
        request = HttpRequest(
            "create", TRAINJOBS.plural, "POST", path, query={"dryRun": "All"}, body=orjson.dumps(body)
        )
        await self.transport.send(request, attempts=1)


async def admit(bed: Testbed, creates: int) -> Admission:
    """Create TrainJobs, so many with webhooks and as many without."""
    admitted: list[float] = []
    plain: list[float] = []
    cpu = 0.0
    connection = from_kubeconfig(bed.cluster.kubeconfig)
    async with Transport(connection, Metrics(), max_connections=1) as transport, serving(bed) as webhooks:
        creator = _Creator(transport, bed.make_namespace())
        window = Window(bed, webhooks.operator)
        for _ in range(_ROUNDS):
            webhooks.remove()
            await creator.await_webhooks(there=False)
            plain += await creator.create(creates // _ROUNDS)
            webhooks.add()
            await creator.await_webhooks(there=True)
            before = procfs.cpu_seconds(webhooks.operator.pid)
            admitted += await creator.create(creates // _ROUNDS)
            cpu += procfs.cpu_seconds(webhooks.operator.pid) - before
        return Admission(quantiles(admitted), quantiles(plain), cpu / len(admitted), window.end())
