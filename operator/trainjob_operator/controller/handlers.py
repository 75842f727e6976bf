"""The one module that knows kopf: it hosts the process and watches TrainJobs, and never writes anything.

Everything in kopf that writes to the user's objects (creation and update handlers, timers, daemons, finalizers, posted
events, peering) or keeps copies of them (indices, diff bases) is left alone or switched off.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import kopf

from trainjob_operator.controller.credentials import Connection
from trainjob_operator.controller.engine import Engine
from trainjob_operator.controller.transport import open_session
from trainjob_operator.naming import GROUP, VERSION

REGISTRY = kopf.OperatorRegistry()
_LOGIN_PAUSE = 5.0


@dataclass(slots=True)
class Memo:
    """What the handlers need; kopf hands each TrainJob a copy."""

    engine: Engine
    connection: Connection
    has_logged_in: bool = False


async def run_operator(engine: Engine, connection: Connection, namespaces: tuple[str, ...], identity: str) -> None:
    """Run until the process is told to stop.

    ``identity`` keeps kopf from looking for the user's name, which an arbitrary UID does not have.
    """
    await kopf.operator(
        registry=REGISTRY,
        clusterwide=not namespaces,
        namespaces=namespaces,
        memo=Memo(engine, connection),
        identity=cast("Any", identity),  # a string; kopf does not export the name of its type
    )


@kopf.on.startup(registry=REGISTRY)
async def started(settings: kopf.OperatorSettings, memo: Memo, **_: object) -> None:
    """Switch off what writes, and fill the caches: kopf watches only after this."""
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.persistence.diffbase_storage = NoDiffBase()
    settings.persistence.progress_storage = NoProgress()
    settings.persistence.finalizer = f"{GROUP}/never-used"
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    settings.watching.connect_timeout = 10
    settings.watching.inactivity_timeout = 70
    settings.watching.reconnect_backoff = 0.5
    settings.watching.chunk_size = 500
    settings.networking.request_timeout = 60
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = EndlessPauses()
    settings.queueing.idle_timeout = 0.5
    settings.process.ultimate_exiting_timeout = 25  # with ten seconds before it, less than the pod's grace period
    await memo.engine.start()


@kopf.on.cleanup(registry=REGISTRY)
async def stopping(memo: Memo, **_: object) -> None:
    """Release the Lease and end our own tasks."""
    await memo.engine.stop()


@kopf.on.login(registry=REGISTRY)
async def login(memo: Memo, **_: object) -> kopf.AiohttpSession:
    """Give kopf a session of its own: it closes it when it is refused, and asks again."""
    if memo.has_logged_in:
        await asyncio.sleep(_LOGIN_PAUSE)
    memo.has_logged_in = True
    session = open_session(memo.connection, limit=0)
    return kopf.AiohttpSession(server=memo.connection.server, aiohttp_session=session)


@kopf.on.event(GROUP, VERSION, "trainjobs", registry=REGISTRY)
async def trainjob_changed(event: kopf.RawEvent, memo: Memo, **_: object) -> None:
    """Pass it on."""
    memo.engine.trainjob_event(event["type"], dict(event["object"]))


class EndlessPauses:
    """Pauses between attempts to reach the API server: kopf gives up, and ends, when a finite list is used up."""

    def __iter__(self) -> Iterator[float]:
        yield from (1, 1, 2, 3, 5, 8, 13)
        while True:
            yield 20 * random.uniform(0.8, 1.2)  # noqa: S311 - jitter


class NoDiffBase(kopf.DiffBaseStorage):
    """Remembers nothing, and saves the copies of each body that kopf would make for it."""

    def build(self, **_: object) -> kopf.BodyEssence:
        """Build nothing."""
        return kopf.BodyEssence()

    def fetch(self, **_: object) -> kopf.BodyEssence | None:
        """Find nothing."""
        return None

    def store(self, **_: object) -> None:
        """Store nothing."""


class NoProgress(kopf.ProgressStorage):
    """Remembers nothing."""

    def fetch(self, **_: object) -> None:
        """Find nothing."""

    def store(self, **_: object) -> None:
        """Store nothing."""

    def purge(self, **_: object) -> None:
        """Forget nothing."""

    def touch(self, **_: object) -> None:
        """Touch nothing."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Leave an essence as it is."""
        return essence
