"""Leader election by a Lease, with the semantics of client-go: one replica works, the others wait with warm caches."""

import asyncio
import logging
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import LEASES
from trainjob_operator.errors import ApiError

logger = logging.getLogger(__name__)

_REQUEST_TIMEOUT = 4.0


@dataclass(slots=True)
class Lease:
    """A Lease that this replica wants. Times in seconds.

    Attributes:
        identity: what tells this replica from others. Who comes back with the identity of the holder goes on at once.
        duration: silence of the holder after which others take over, by the clock of each that watches.
        renew_deadline: time without a successful renewal after which the holder must stop.
        retry_period: pause between two attempts.
    """

    kube: KubeClient
    namespace: str
    name: str
    identity: str
    duration: float
    renew_deadline: float
    retry_period: float
    _seen: Body | None = field(default=None, init=False)
    _changed_at: float = field(default=0.0, init=False)
    _renewed_at: float = field(default=0.0, init=False)

    async def acquire(self) -> None:
        """Wait until the Lease is ours."""
        while True:
            started = time.monotonic()
            try:
                async with asyncio.timeout(_REQUEST_TIMEOUT):
                    is_ours = await self._try_to_acquire()
            except (ApiError, TimeoutError) as error:
                logger.warning(
                    "the Lease %s/%s cannot be had: %s", self.namespace, self.name, str(error) or "no answer"
                )
                is_ours = False
            if is_ours:
                self._renewed_at = started
                return
            await asyncio.sleep(self.retry_period * random.uniform(0.8, 1.2))  # noqa: S311 - jitter

    async def keep(self) -> None:
        """Renew the Lease for as long as that is possible; when this returns it is lost."""
        while True:
            await asyncio.sleep(self.retry_period)
            started = time.monotonic()
            left = self._renewed_at + self.renew_deadline - started
            if left <= 0:
                return
            try:
                async with asyncio.timeout(min(left, _REQUEST_TIMEOUT)):
                    if not await self._renew():
                        return
            except (ApiError, TimeoutError) as error:
                logger.warning("the Lease cannot be renewed: %s", str(error) or "no answer")
            else:
                self._renewed_at = started

    async def release(self) -> None:
        """Give the Lease back, so that another replica need not wait for its end."""
        if self._seen is None or self._seen["spec"].get("holderIdentity") != self.identity:
            return
        spec = {**self._seen["spec"], "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": _now()}
        try:
            async with asyncio.timeout(_REQUEST_TIMEOUT):
                await self._write(spec)
        except (ApiError, TimeoutError) as error:
            logger.warning("the Lease could not be released: %s", str(error) or "no answer")

    async def _try_to_acquire(self) -> bool:
        try:
            lease = await self.kube.get(LEASES, self.namespace, self.name, attempts=1)
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return await self._create()
        if self._seen is None or lease["spec"] != self._seen["spec"]:
            self._changed_at = time.monotonic()
        self._seen = lease
        spec = lease["spec"]
        holder = spec.get("holderIdentity") or ""
        is_alive = time.monotonic() < self._changed_at + (spec.get("leaseDurationSeconds") or self.duration)
        if holder not in {"", self.identity} and is_alive:
            return False
        return await self._take_over(holder)

    async def _create(self) -> bool:
        manifest = {
            "apiVersion": f"{LEASES.group}/{LEASES.version}",
            "kind": LEASES.kind,
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {**self._spec(), "acquireTime": _now(), "leaseTransitions": 0},
        }
        try:
            created = await self.kube.create(LEASES, self.namespace, manifest, attempts=1)
        except ApiError as error:
            if error.status == HTTPStatus.CONFLICT:
                return False
            raise
        self._seen = created.body
        return True

    async def _take_over(self, holder: str) -> bool:
        old = self._seen["spec"] if self._seen is not None else {}
        spec = {**old, **self._spec()}
        if holder != self.identity:
            spec |= {"acquireTime": _now(), "leaseTransitions": (old.get("leaseTransitions") or 0) + 1}
        try:
            await self._write(spec)
        except ApiError as error:
            if error.status == HTTPStatus.CONFLICT:
                return False  # somebody else was faster
            raise
        return True

    async def _renew(self) -> bool:
        """Write the Lease as it was seen last; only if it has changed since is it read again."""
        try:
            await self._write({**(self._seen or {})["spec"], **self._spec()})
        except ApiError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            self._seen = await self.kube.get(LEASES, self.namespace, self.name, attempts=1)
            if self._seen["spec"].get("holderIdentity") != self.identity:
                return False
            await self._write({**self._seen["spec"], **self._spec()})
        return True

    async def _write(self, spec: Body) -> None:
        seen = self._seen or {}
        self._seen = await self.kube.replace(LEASES, self.namespace, self.name, {**seen, "spec": spec})

    def _spec(self) -> Body:
        return {"holderIdentity": self.identity, "leaseDurationSeconds": int(self.duration), "renewTime": _now()}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
