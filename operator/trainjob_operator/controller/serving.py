"""What others call, on every replica: the webhooks and the status endpoint, with the certificate that both show."""

import asyncio
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import NoReturn

from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.endpoints.progress import ProgressEndpoint
from trainjob_operator.controller.endpoints.webhook import Webhook
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.controller.tls.certificates import Lifetimes
from trainjob_operator.controller.tls.https import HttpsServer
from trainjob_operator.controller.tls.keyring import Keyring
from trainjob_operator.naming import MANAGER_SERVICE, STATUS_PORT
from trainjob_operator.reconciler.state import Endpoint
from trainjob_operator.settings import Certificates, Settings

logger = logging.getLogger(__name__)

_TRUSTED_WITHIN = 30.0


class Serving:
    """The HTTPS servers and their certificate."""

    def __init__(self, settings: Settings, kube: KubeClient, caches: Caches, metrics: Metrics) -> None:
        self._settings = settings
        self._server = HttpsServer()
        self._webhook = Webhook(kube, caches, metrics, settings.namespaces)
        self._progress = ProgressEndpoint(kube, caches, metrics) if settings.status_endpoint else None
        self._keyring = Keyring(
            kube,
            self._server,
            metrics,
            secret=(settings.lease_namespace, settings.certificate_secret),
            configurations=settings.webhook_configuration,
            hosts=tuple(_hosts(settings)),
            lifetimes=_lifetimes(settings),
        )
        self._listening = asyncio.Event()
        self._listening_since = 0.0
        self._was_trusted = False

    async def run(self) -> NoReturn:
        """Follow the certificate and serve until cancelled.

        Raises:
            OSError: a port is taken.
        """
        reflectors = self._keyring.reflectors()
        async with asyncio.TaskGroup() as tasks:
            for reflector in reflectors:
                tasks.create_task(reflector.run())
            await asyncio.gather(*(reflector.synced.wait() for reflector in reflectors))
            tasks.create_task(self._keyring.run())
            await self._server.listen(self._webhook.app(), self._settings.http_host, self._settings.webhook_port)
            if self._progress is not None:
                await self._server.listen(self._progress.app(), self._settings.http_host, self._settings.status_port)
            self._listening_since = time.monotonic()
            self._listening.set()
            logger.info("webhooks and status endpoint listen on %s", ", ".join(map(str, self._server.ports)))
        raise AssertionError("reflectors never end")

    async def lead(self) -> None:
        """Look after the certificate from now on; returns when there is one, so that all trainers can be told of it."""
        self._keyring.lead()
        await self._listening.wait()

    def missing(self) -> str:
        """Tell what is not there yet, empty if nothing.

        That the API server trusts us counts only until it once did, and not for long: an older leader may not know how
        to see to it, and would wait for us in turn.
        """
        if not self._listening.is_set():
            return f"no certificate in Secret {self._settings.lease_namespace}/{self._settings.certificate_secret} yet"
        waited = time.monotonic() - self._listening_since
        self._was_trusted = self._was_trusted or self._keyring.is_trusted() or waited > _TRUSTED_WITHIN
        return "" if self._was_trusted else "the webhook configurations do not trust our certificate yet"

    def endpoint(self) -> Endpoint | None:
        """Give what trainers are told of the status endpoint."""
        credentials = self._keyring.credentials
        if self._progress is None or credentials is None or not credentials.authorities:
            return None
        host = f"{self._settings.service_name}.{self._settings.lease_namespace}.svc"
        return Endpoint(url_base=f"https://{host}:{STATUS_PORT}", ca=credentials.authorities)

    async def stop(self) -> None:
        """End every connection with its next answer, then stop listening."""
        if self._listening.is_set():
            await self._server.drain(self._settings.drain_period)
        await self._server.stop()


def _hosts(settings: Settings) -> Iterator[str]:
    for service in dict.fromkeys((settings.service_name, MANAGER_SERVICE)):
        yield f"{service}.{settings.lease_namespace}.svc"


def _lifetimes(settings: Settings) -> Lifetimes | None:
    if settings.certificates is Certificates.EXTERNAL:
        return None
    return Lifetimes(
        authority=timedelta(seconds=settings.authority_lifetime),
        certificate=timedelta(seconds=settings.certificate_lifetime),
    )
