"""The Secret with our authority and certificate: whichever replica is first makes it, the leader renews it, all use it.

A renewal goes in an order in which nobody ever meets a certificate that is not trusted yet: first the next authority
is put into the Secret beside the old one, then into the webhook configurations, and only then does it issue.
"""

import asyncio
import base64
import logging
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NoReturn

from trainjob_operator.controller.cache.reflector import Reflector
from trainjob_operator.controller.cache.single import Watched
from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import SECRETS
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.controller.tls.certificates import (
    KeyMaterial,
    Lifetimes,
    Renewal,
    UnusableCredentialsError,
    add_authority,
    check,
    create,
    expiry,
    find_renewal,
    issue,
    seconds_to_renewal,
)
from trainjob_operator.controller.tls.https import HttpsServer
from trainjob_operator.controller.tls.trust import Trust
from trainjob_operator.errors import ApiError

logger = logging.getLogger(__name__)

_AUTHORITIES, _AUTHORITY_KEY, _CERTIFICATE, _KEY = "ca.crt", "ca.key", "tls.crt", "tls.key"
_TRY_EVERY = 5.0
_LONGEST_SLEEP = 24 * 3600.0  # asyncio's timers are not made for years


class Keyring:
    """Keeps the server's certificate in step with the Secret, and, where that is ours to do, the Secret itself.

    Args:
        hosts: DNS names that the certificate is for.
        lifetimes: None if somebody else, such as cert-manager, fills the Secret and the webhook configurations.
    """

    def __init__(
        self,
        kube: KubeClient,
        server: HttpsServer,
        metrics: Metrics,
        *,
        secret: tuple[str, str],
        configurations: str,
        hosts: Sequence[str],
        lifetimes: Lifetimes | None,
    ) -> None:
        self.credentials: KeyMaterial | None = None
        self._kube = kube
        self._server = server
        self._metrics = metrics
        self._hosts = hosts
        self._lifetimes = lifetimes
        self._news = asyncio.Event()
        self._secret = Watched(SECRETS, *secret, self._news.set)
        self._trust = Trust(kube, configurations, self._news.set)
        self._is_leading = False
        self._is_damaged = False

    def reflectors(self) -> list[Reflector]:
        """Make what tells of the Secret and of the webhook configurations."""
        return [self._secret.reflector(self._kube, self._metrics), *self._trust.reflectors(self._metrics)]

    def is_trusted(self) -> bool:
        """Tell whether the API server accepts, or soon will, what our server shows."""
        return self.credentials is not None and (
            self._lifetimes is None or self._trust.accepts_newest(self.credentials)
        )

    def lead(self) -> None:
        """Renew from now on what is due, and keep the webhook configurations right."""
        self._is_leading = True
        self._news.set()

    async def run(self) -> NoReturn:
        """Follow the Secret until cancelled. Its reflectors must have listed what is there."""
        while True:
            self._news.clear()
            pause = _TRY_EVERY
            try:
                self._take()
                if self._lifetimes is not None:
                    await self._tend(self._lifetimes)
                pause = self._seconds_to_renewal()
            except ApiError as error:
                logger.warning("certificates: next try in %.0f s after: %s", _TRY_EVERY, error)
            try:
                async with asyncio.timeout(pause):
                    await self._news.wait()
            except TimeoutError:
                logger.debug("looking after the certificates, because it is time")

    def _take(self) -> None:
        """Use what is in the Secret now."""
        if self._secret.body is None:
            return
        credentials = _read(self._secret.body)
        self._is_damaged = False
        if credentials == self.credentials:
            return
        try:
            check(credentials)
            self._server.install(credentials.certificate, credentials.key)
        except (UnusableCredentialsError, ssl.SSLError) as error:
            self._is_damaged = True
            logger.error(  # noqa: TRY400 - the traceback tells nothing more
                "Secret %s/%s holds no usable certificate: %s", self._secret.namespace, self._secret.name, error
            )
            return
        self.credentials = credentials
        self._metrics.certificate_expiry.set(expiry(credentials).timestamp())
        logger.info("the certificate is good until %s", expiry(credentials).isoformat(timespec="seconds"))

    async def _tend(self, lifetimes: Lifetimes) -> None:
        """Make the Secret if there is none; as the leader, renew what is due and have it trusted."""
        if self._secret.body is None:
            # The one that was there, if it was deleted: trainers trust its authority.
            await self._create(self.credentials or create(self._hosts, _now(), lifetimes))
        if not self._is_leading:
            return
        if self._is_damaged or self.credentials is None or not self.credentials.authorities:
            await self._replace(self._usable() or create(self._hosts, _now(), lifetimes))
        if self.credentials is None:
            return
        await self._trust.spread(self.credentials)
        match find_renewal(self.credentials, self._hosts, _now()):
            case Renewal.AUTHORITY:
                await self._replace(add_authority(self.credentials, _now(), lifetimes))
                self._news.set()  # to have it trusted at once
            case Renewal.CERTIFICATE if self._trust.accepts_newest(self.credentials):
                await self._replace(issue(self.credentials, self._hosts, _now(), lifetimes))

    def _usable(self) -> KeyMaterial | None:
        """Give what was in the Secret before it was damaged."""
        return self.credentials if self.credentials is not None and self.credentials.authorities else None

    async def _create(self, credentials: KeyMaterial) -> None:
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": self._secret.name, "namespace": self._secret.namespace},
            "type": "kubernetes.io/tls",
            "data": _encode(credentials),
        }
        try:
            created = await self._kube.create(SECRETS, self._secret.namespace, manifest)
        except ApiError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            return  # another replica was first: the watch brings it
        logger.info("made Secret %s/%s", self._secret.namespace, self._secret.name)
        self._secret.put(created.body)
        self._take()

    async def _replace(self, credentials: KeyMaterial) -> None:
        """Write the Secret, if nobody has since we saw it; else the watch brings what is there now."""
        seen = self._secret.body
        if seen is None:
            return
        manifest = {**seen, "data": {**(seen.get("data") or {}), **_encode(credentials)}}
        try:
            self._secret.put(await self._kube.replace(SECRETS, self._secret.namespace, self._secret.name, manifest))
        except ApiError as error:
            if error.status not in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
                raise
            return
        logger.info("renewed Secret %s/%s", self._secret.namespace, self._secret.name)
        self._take()

    def _seconds_to_renewal(self) -> float:
        if not self._is_leading or self._lifetimes is None or self.credentials is None:
            return _LONGEST_SLEEP
        return min(max(seconds_to_renewal(self.credentials, _now()), 1.0), _LONGEST_SLEEP)


def _read(secret: Body) -> KeyMaterial:
    data = {key: base64.b64decode(value).decode(errors="replace") for key, value in (secret.get("data") or {}).items()}
    return KeyMaterial(
        authorities=data.get(_AUTHORITIES, ""),
        authority_key=data.get(_AUTHORITY_KEY, ""),
        certificate=data.get(_CERTIFICATE, ""),
        key=data.get(_KEY, ""),
    )


def _encode(credentials: KeyMaterial) -> dict[str, str]:
    parts = {
        _AUTHORITIES: credentials.authorities,
        _AUTHORITY_KEY: credentials.authority_key,
        _CERTIFICATE: credentials.certificate,
        _KEY: credentials.key,
    }
    return {key: base64.b64encode(value.encode()).decode() for key, value in parts.items()}


def _now() -> datetime:
    return datetime.now(UTC)
