"""Whether a token is what it claims to be: asked of the API server, and remembered for some seconds."""

import asyncio
import base64
import binascii
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import orjson

from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.resources import TOKEN_REVIEWS

_GOOD_FOR = 30.0  # a deleted pod's token is accepted that much longer
_REFUSED_FOR = 10.0
_MOST_REMEMBERED = 4096
_AT_A_TIME = 8
_JWT_PARTS = 3
_ACCOUNT = re.compile(r"system:serviceaccount:([^:]+):[^:]+")


@dataclass(slots=True)
class TokenReviewer:
    """Knows in which namespace the ServiceAccount of a token lives. Trainers report every few seconds."""

    kube: KubeClient
    _known: OrderedDict[bytes, tuple[float, str]] = field(default_factory=OrderedDict, init=False)
    _refused: OrderedDict[bytes, float] = field(default_factory=OrderedDict, init=False)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_A_TIME), init=False)

    async def namespace_of(self, token: str, audience: str) -> str | None:
        """Give the namespace of the ServiceAccount, or None if the token is not good for this audience.

        Raises:
            ApiError: the API server cannot be asked.
        """
        if not _names(token, audience):
            return None  # strangers cost no request
        key = hashlib.sha256(f"{audience}\n{token}".encode()).digest()
        async with self._slots if self._is_new(key) else nullcontext():
            if self._is_new(key):  # while this one waited, another may have asked
                self._remember(key, await self._review(token, audience))
        known = self._known.get(key)
        return known[1] if known is not None else None

    def _is_new(self, key: bytes) -> bool:
        now, known = time.monotonic(), self._known.get(key)
        return (known is None or known[0] <= now) and self._refused.get(key, now) <= now

    def _remember(self, key: bytes, namespace: str | None) -> None:
        """Keep the answer; those to strangers apart, so that they do not push out trainers'."""
        self._known.pop(key, None)
        now = time.monotonic()
        if namespace is not None:
            self._known[key] = (now + _GOOD_FOR, namespace)
        else:
            self._refused[key] = now + _REFUSED_FOR
            self._refused.move_to_end(key)
        for table in (self._known, self._refused):
            if len(table) > _MOST_REMEMBERED:
                table.popitem(last=False)

    async def _review(self, token: str, audience: str) -> str | None:
        manifest = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [audience]},
        }
        return judge((await self.kube.create(TOKEN_REVIEWS, None, manifest)).body.get("status") or {}, audience)


def judge(status: Mapping[str, Any], audience: str) -> str | None:
    """Give the namespace of the ServiceAccount that a TokenReview's status tells of; None if the token is not good."""
    account = _ACCOUNT.fullmatch((status.get("user") or {}).get("username") or "")
    if not status.get("authenticated") or audience not in (status.get("audiences") or ()) or account is None:
        return None
    return account[1]


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
