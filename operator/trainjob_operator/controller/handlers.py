"""The one module that knows kopf, which hosts the process: start, signals, an end in order.

kopf watches nothing. Its handlers of objects cost many times what a reflector costs for each event, and keep what was
deleted while it could not watch; most of them also write to the user's objects.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import kopf

from trainjob_operator.controller.engine import Engine
from trainjob_operator.controller.kube.connection import Connection
from trainjob_operator.controller.kube.transport import open_session

REGISTRY = kopf.OperatorRegistry()
_LOGIN_PAUSE = 5.0


@dataclass(slots=True)
class Memo:
    """What the handlers need."""

    engine: Engine
    connection: Connection
    has_logged_in: bool = False


async def run_operator(engine: Engine, connection: Connection, identity: str) -> None:
    """Run until the process is told to stop.

    ``identity`` keeps kopf from looking for the user's name, which an arbitrary UID does not have.
    """
    await kopf.operator(
        registry=REGISTRY,
        clusterwide=True,  # of nothing
        memo=Memo(engine, connection),
        identity=cast("Any", identity),  # a string; kopf does not export the name of its type
    )


@kopf.on.startup(registry=REGISTRY)
async def started(settings: kopf.OperatorSettings, memo: Memo, **_: object) -> None:
    """Switch off what writes and watches, and start the engine."""
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.networking.request_timeout = 60
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = EndlessPauses()
    settings.process.ultimate_exiting_timeout = 25  # with ten seconds before it, less than the pod's grace period
    memo.engine.start()


@kopf.on.cleanup(registry=REGISTRY)
async def stopping(memo: Memo, **_: object) -> None:
    """Release the Lease and end our own tasks."""
    await memo.engine.stop()


@kopf.on.login(registry=REGISTRY)
async def login(memo: Memo, **_: object) -> kopf.AiohttpSession:
    """Give kopf a session of its own, to look at what kinds there are: it closes it when refused, and asks again."""
    if memo.has_logged_in:
        await asyncio.sleep(_LOGIN_PAUSE)
    memo.has_logged_in = True
    session = open_session(memo.connection, limit=0)
    return kopf.AiohttpSession(server=memo.connection.server, aiohttp_session=session)


class EndlessPauses:
    """Pauses between attempts to reach the API server: kopf gives up, and ends, when a finite list is used up."""

    def __iter__(self) -> Iterator[float]:
        yield from (1, 1, 2, 3, 5, 8, 13)
        while True:
            yield 20 * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
