"""Whose a token is: asked of the API server, and remembered for some seconds."""

import asyncio
import base64
import binascii
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from trainjob_operator.controller.endpoints.peers import Peers
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import TOKEN_REVIEWS

_GOOD_FOR = 30.0  # a deleted pod's token is accepted that much longer
_REFUSED_FOR = 10.0
_MOST_REMEMBERED = 4096
_AT_A_TIME = 8
_JWT_PARTS = 3
_ACCOUNT = re.compile(r"system:serviceaccount:([^:]+):[^:]+")
_POD_NAME = "authentication.kubernetes.io/pod-name"
_POD_UID = "authentication.kubernetes.io/pod-uid"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token was given to: a ServiceAccount of a namespace, and the pod that it is bound to, empty if to none."""

    namespace: str
    pod: str = ""
    pod_uid: str = ""


@dataclass(frozen=True, slots=True)
class TooMany:
    """The address has shown too many tokens that nobody knows; one more is looked at after so many seconds."""

    seconds: float


@dataclass(slots=True)
class TokenReviewer:
    """Knows whose tokens are. Trainers report every few seconds."""

    kube: KubeClient
    _known: OrderedDict[bytes, tuple[float, Bearer]] = field(default_factory=OrderedDict, init=False)
    _refused: OrderedDict[bytes, float] = field(default_factory=OrderedDict, init=False)
    _peers: Peers = field(default_factory=Peers, init=False)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_A_TIME), init=False)

    async def identify(self, token: str, audience: str, address: str) -> Bearer | TooMany | None:
        """Return whose the token is that came from an address, or None if it is not good for this audience.

        Raises:
            ApiError: the API server cannot be asked.
        """
        if not _names(token, audience):
            return None  # strangers cost no request
        key = hashlib.sha256(f"{audience}\n{token}".encode()).digest()
        if self._is_new(key):
            now = time.monotonic()
            peer = self._peers.at(address, now)
            wait = peer.charge(now)
            if wait > 0:
                return TooMany(wait)
            async with peer.turns, self._slots:
                if self._is_new(key):  # while this one waited, another may have asked
                    self._remember(key, await self._review(token, audience))
            bearer = self._bearer(key)
            if bearer is not None and bearer.pod:
                peer.refund()
        return self._bearer(key)

    def _bearer(self, key: bytes) -> Bearer | None:
        known = self._known.get(key)
        return known[1] if known is not None else None

    def _is_new(self, key: bytes) -> bool:
        now, known = time.monotonic(), self._known.get(key)
        return (known is None or known[0] <= now) and self._refused.get(key, now) <= now

    def _remember(self, key: bytes, bearer: Bearer | None) -> None:
        """Keep the answer; those to strangers apart, so that they do not push out trainers'."""
        self._known.pop(key, None)
        now = time.monotonic()
        if bearer is not None:
            self._known[key] = (now + _GOOD_FOR, bearer)
        else:
            self._refused[key] = now + _REFUSED_FOR
            self._refused.move_to_end(key)
        for table in (self._known, self._refused):
            if len(table) > _MOST_REMEMBERED:
                table.popitem(last=False)

    async def _review(self, token: str, audience: str) -> Bearer | None:
        manifest = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [audience]},
        }
        return judge((await self.kube.create(TOKEN_REVIEWS, None, manifest)).body.get("status") or {}, audience)


def judge(status: Mapping[str, Any], audience: str) -> Bearer | None:
    """Return whom a TokenReview's status tells of; None if the token is not good."""
    user = status.get("user") or {}
    account = _ACCOUNT.fullmatch(user.get("username") or "")
    if not status.get("authenticated") or audience not in (status.get("audiences") or ()) or account is None:
        return None
    names, uids = (((user.get("extra") or {}).get(key) or ("",)) for key in (_POD_NAME, _POD_UID))
    return Bearer(account[1], names[0], uids[0])


def _names(token: str, audience: str) -> bool:
    """Tell whether the token claims to be for this audience; nothing is proven by that."""
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return False
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return False
    audiences = claims.get("aud") if isinstance(claims, dict) else None
    return audience in (audiences if isinstance(audiences, list) else [audiences])
