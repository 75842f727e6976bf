"""What the operator asks of the API server."""

import asyncio
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson

from trainjob_operator.controller.kube.resources import Resource
from trainjob_operator.controller.kube.transport import ATTEMPTS, HttpRequest, Transport
from trainjob_operator.errors import ApiError
from trainjob_operator.naming import FIELD_MANAGER

Body = dict[str, Any]

PAGE_SIZE = 100  # whole bodies, which are large; two pages are in memory together
WATCH_SILENCE = 70.0  # bookmarks come every minute


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. ``resume`` asks for the next one; empty on the last."""

    items: Sequence[Body]
    resource_version: int
    resume: str


@dataclass(frozen=True, slots=True)
class Created:
    """A new object as the API server keeps it, and what it warned of."""

    body: Body
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """``ADDED``, ``MODIFIED``, ``DELETED`` or ``BOOKMARK``, and the object."""

    type: str
    body: Body


class KubeClient:
    """The API server over HTTP. Every method raises ApiError when the answer is an error."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, resource: Resource, namespace: str | None, name: str, *, attempts: int = ATTEMPTS) -> Body:
        """Read an object."""
        request = HttpRequest("get", resource.plural, "GET", resource.path(namespace, name))
        return _parse((await self._transport.send(request, attempts=attempts)).body)

    async def list_page(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        resume: str = "",
    ) -> Page:
        """Read a page of a list; ``query`` carries selectors."""
        request = HttpRequest(
            "list",
            resource.plural,
            "GET",
            resource.path(namespace),
            query={"limit": str(PAGE_SIZE), **(query or {}), **({"continue": resume} if resume else {})},
        )
        body = _parse((await self._transport.send(request)).body)
        return Page(
            items=body.get("items") or (),
            resource_version=int(body["metadata"]["resourceVersion"]),
            resume=body["metadata"].get("continue") or "",
        )

    async def served(self, group: str, version: str) -> frozenset[str]:
        """Name the resources of a group's version that the API server serves, in the plural; none if it knows neither.

        This is where kopf looks, too.
        """
        groups = _parse((await self._transport.send(HttpRequest("get", "discovery", "GET", "/apis"))).body)["groups"]
        known = {(each["name"], served["version"]) for each in groups for served in each["versions"]}
        if (group, version) not in known:
            return frozenset()
        answer = await self._transport.send(HttpRequest("get", "discovery", "GET", f"/apis/{group}/{version}"))
        return frozenset(resource["name"] for resource in _parse(answer.body)["resources"])

    async def pages(
        self, resource: Resource, namespace: str | None = None, *, query: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Page]:
        """Yield the pages of a list, which are one snapshot. The API server makes the next one while one is read."""
        page = await self.list_page(resource, namespace, query=query)
        while page.resume:
            following = asyncio.create_task(self.list_page(resource, namespace, query=query, resume=page.resume))
            try:
                await asyncio.sleep(0)  # that it is sent before the reader goes on
                yield page
                page = await following
            finally:
                following.cancel()
        yield page

    async def watch(
        self,
        resource: Resource,
        namespace: str | None,
        resource_version: int,
        *,
        query: Mapping[str, str],
        pause: float = 0.0,
    ) -> AsyncGenerator[WatchEvent]:
        """Follow changes after a resourceVersion; ends every few minutes, and fails with 410 if that is too old.

        With a ``pause`` changes come together every so many seconds, which costs less.
        """
        lasting = random.randint(300, 600)  # noqa: S311 - spreads load, guards nothing
        request = HttpRequest(
            "watch",
            resource.plural,
            "GET",
            resource.path(namespace),
            query={
                **query,
                "watch": "true",
                "allowWatchBookmarks": "true",
                "resourceVersion": str(resource_version),
                "timeoutSeconds": str(lasting),
            },
        )
        async with aclosing(self._transport.stream(request, silence=WATCH_SILENCE, pause=pause)) as lines:
            async for line in lines:
                event = orjson.loads(line)
                body = event["object"]
                if event["type"] == "ERROR":
                    raise ApiError(int(body.get("code") or 500), body.get("reason") or "", body.get("message") or "")
                yield WatchEvent(event["type"], body)

    async def create(
        self, resource: Resource, namespace: str | None, manifest: Mapping[str, Any], *, attempts: int = ATTEMPTS
    ) -> Created:
        """Create an object."""
        request = HttpRequest(
            "create",
            resource.plural,
            "POST",
            resource.path(namespace),
            query={"fieldManager": FIELD_MANAGER},
            body=orjson.dumps(manifest),
        )
        answer = await self._transport.send(request, attempts=attempts)
        return Created(_parse(answer.body), answer.warnings)

    async def replace(self, resource: Resource, namespace: str | None, name: str, manifest: Mapping[str, Any]) -> Body:
        """Write an object that still has the manifest's resourceVersion, in one attempt."""
        request = HttpRequest(
            "update", resource.plural, "PUT", resource.path(namespace, name), body=orjson.dumps(manifest)
        )
        return _parse((await self._transport.send(request, attempts=1)).body)

    async def delete(
        self, resource: Resource, namespace: str, name: str, uid: str, resource_version: str | None = None
    ) -> None:
        """Delete an object with this UID, of this version if one is given; in the background all that it owns."""
        version = {} if resource_version is None else {"resourceVersion": resource_version}
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid, **version},
        }
        request = HttpRequest(
            "delete", resource.plural, "DELETE", resource.path(namespace, name), body=orjson.dumps(options)
        )
        await self._transport.send(request)

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        operations: Sequence[Mapping[str, Any]],
        *,
        subresource: str | None = None,
    ) -> Body:
        """Apply a JSON patch."""
        request = HttpRequest(
            "patch",
            f"{resource.plural}/{subresource}" if subresource else resource.plural,
            "PATCH",
            resource.path(namespace, name, subresource),
            query={"fieldManager": FIELD_MANAGER},
            body=orjson.dumps(operations),
            content_type="application/json-patch+json",
        )
        return _parse((await self._transport.send(request)).body)

    async def apply(self, resource: Resource, name: str, manifest: Mapping[str, Any], *, manager: str) -> Body:
        """Apply a cluster-wide object on the server as a field manager, taking over fields that others hold."""
        request = HttpRequest(
            "apply",
            resource.plural,
            "PATCH",
            resource.path(None, name),
            query={"fieldManager": manager, "force": "true"},
            body=orjson.dumps(manifest),
            content_type="application/apply-patch+yaml",
        )
        return _parse((await self._transport.send(request)).body)

    async def apply_status(
        self, resource: Resource, namespace: str, name: str, manifest: Mapping[str, Any], manager: str
    ) -> Body:
        """Apply a part of an object's status on the server as this field manager; there must be such an object.

        It is tried twice: who has it applied waits, and has newer numbers soon.
        """
        request = HttpRequest(
            "apply",
            f"{resource.plural}/status",
            "PATCH",
            resource.path(namespace, name, "status"),
            query={"fieldManager": manager, "force": "true"},
            body=orjson.dumps(manifest),
            content_type="application/apply-patch+yaml",
        )
        return _parse((await self._transport.send(request, attempts=2)).body)


def _parse(body: bytes) -> Body:
    parsed: Body = orjson.loads(body)
    return parsed
