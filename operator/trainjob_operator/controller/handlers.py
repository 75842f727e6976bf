"""The one module that knows kopf, which watches TrainJobs and hosts the process: start, signals, an end in order.

Of everything else that is watched reflectors tell: kopf costs many times more for each event, and most are those of
children. It writes to nobody's object: those of its handlers that would are not used, and it keeps no notes.
"""

import asyncio
import logging
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

import kopf

from trainjob_operator.controller.cache.census import Census
from trainjob_operator.controller.kube.connection import Connection
from trainjob_operator.controller.kube.resources import TRAINJOBS
from trainjob_operator.controller.kube.session import open_session

logger = logging.getLogger(__name__)

REGISTRY = kopf.OperatorRegistry()
_LOGIN_PAUSE = 5.0
_PAGE = 500  # TrainJobs are much smaller than pods
_WATCH = 300  # seconds, a whole number: the API server reads no other


class Hosted(Protocol):
    """What kopf starts, stops and tells of TrainJobs."""

    census: Census

    def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End everything."""


@dataclass(slots=True)
class Memo:
    """What the handlers need; kopf gives each TrainJob a shallow copy of its own."""

    hosted: Hosted
    connection: Connection
    has_logged_in: bool = False


async def run_operator(hosted: Hosted, connection: Connection, identity: str, namespaces: Collection[str] = ()) -> None:
    """Run until the process is told to stop, watching TrainJobs in some namespaces or, if none is named, in all.

    ``identity`` keeps kopf from looking for the user's name, which an arbitrary UID does not have.

    Raises:
        SystemExit: kopf has given up, as it does when the API server answers with an error that it does not expect.
    """
    try:
        await kopf.operator(
            registry=REGISTRY,
            clusterwide=not namespaces,
            namespaces=namespaces,
            memo=Memo(hosted, connection),
            identity=cast("Any", identity),  # a string; kopf does not export the name of its type
        )
    except Exception as error:
        logger.critical("kopf cannot go on, and ends the process, which is to be started again: %s", _reason(error))
        raise SystemExit(1) from error


@kopf.on.startup(registry=REGISTRY)
async def started(settings: kopf.OperatorSettings, memo: Memo, **_: object) -> None:
    """Switch off what writes, and start what is hosted; kopf watches after that."""
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.persistence.diffbase_storage = NoDifferences()
    settings.persistence.progress_storage = NoProgress()
    settings.persistence.finalizer = f"{TRAINJOBS.group}/nobody-sets-this"  # kopf takes off what it finds of its own
    settings.watching.chunk_size = _PAGE
    settings.watching.initial_streaming = False  # or there would be no list to be read
    settings.watching.server_timeout = _WATCH
    settings.watching.client_timeout = _WATCH * 1.1
    settings.watching.connect_timeout = 10
    settings.watching.inactivity_timeout = 70  # bookmarks come every minute
    settings.watching.reconnect_backoff = 0.5
    settings.networking.request_timeout = 60
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = EndlessPauses()
    settings.queueing.idle_timeout = 0.5
    settings.process.ultimate_exiting_timeout = 25  # with ten seconds before it, less than the pod's grace period
    memo.hosted.start()


@kopf.on.cleanup(registry=REGISTRY)
async def stopping(memo: Memo, **_: object) -> None:
    """Release the Lease and end our own tasks."""
    await memo.hosted.stop()


@kopf.on.login(registry=REGISTRY)
async def login(memo: Memo, **_: object) -> kopf.AiohttpSession:
    """Give kopf a session of its own, whose lists the census reads: kopf closes it when refused, and asks again."""
    if memo.has_logged_in:
        await asyncio.sleep(_LOGIN_PAUSE)
    memo.has_logged_in = True
    session = open_session(memo.connection, 0, memo.hosted.census.follow)
    return kopf.AiohttpSession(server=memo.connection.server, aiohttp_session=session)


@kopf.on.event(TRAINJOBS.group, TRAINJOBS.version, TRAINJOBS.plural, registry=REGISTRY)
async def trainjob_told(event: kopf.RawEvent, memo: Memo, **_: object) -> None:
    """Pass on a TrainJob that was listed, created, changed or deleted."""
    memo.hosted.census.take(event["type"], cast("dict[str, Any]", event["object"]))


class NoDifferences(kopf.DiffBaseStorage):
    """Has kopf compare nothing: it would read an annotation that anybody may have set, and stumble over some."""

    def build(self, **_: object) -> kopf.BodyEssence:
        """Find nothing worth comparing."""
        return {}

    def fetch(self, **_: object) -> None:
        """Remember nothing."""

    def store(self, **_: object) -> None:
        """Keep nothing."""


class NoProgress(kopf.ProgressStorage):
    """Keeps nothing of handlers that there are none of."""

    def fetch(self, **_: object) -> None:
        """Remember nothing."""

    def store(self, **_: object) -> None:
        """Keep nothing."""

    def purge(self, **_: object) -> None:
        """Have nothing to remove."""

    def touch(self, **_: object) -> None:
        """Leave the object alone."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Give back what has nothing of ours in it."""
        return essence


class EndlessPauses:
    """Pauses between attempts to reach the API server: kopf gives up, and ends, when a finite list is used up."""

    def __iter__(self) -> Iterator[float]:
        yield from (1, 1, 2, 3, 5, 8, 13)
        while True:
            yield 20 * random.uniform(0.8, 1.2)  # noqa: S311 - jitter


def _reason(error: Exception) -> str:
    """Return what the API server said, if it said something: kopf's errors begin with that."""
    said = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
    return said or type(error).__name__
