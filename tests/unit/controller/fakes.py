"""An API server in memory, as far as certificates, webhooks and the status endpoint ask it."""

import asyncio
import base64
import copy
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from trainjob_operator.controller.kube import Body, Created, Page, WatchEvent
from trainjob_operator.controller.resources import TOKEN_REVIEWS, Resource
from trainjob_operator.errors import ApiError

Name = tuple[str, str, str]


def token(audience: str) -> str:
    """Make something that looks like a token for this audience."""
    claims = base64.urlsafe_b64encode(json.dumps({"aud": [audience]}).encode()).decode().rstrip("=")
    return f"head.{claims}.signature"


class FakeKube:
    """Keeps objects, and tells watchers. ``accounts`` are the owners of good tokens."""

    def __init__(self) -> None:
        self.objects: dict[Name, Body] = {}
        self.accounts: dict[str, str] = {}
        self.requests: list[str] = []
        self.refusal: ApiError | None = None
        self._version = 0
        self._events: dict[str, list[WatchEvent]] = {}
        self._news = asyncio.Condition()

    def put(self, resource: Resource, body: Body, *, kind: str = "MODIFIED") -> Body:
        """Store an object."""
        self._version += 1
        stored = copy.deepcopy(body)
        stored["metadata"]["resourceVersion"] = str(self._version)
        self.objects[self._name(resource, body["metadata"].get("namespace"), body["metadata"]["name"])] = stored
        self._tell(resource, kind, stored)
        return copy.deepcopy(stored)

    def remove(self, resource: Resource, namespace: str | None, name: str) -> None:
        """Delete an object."""
        self._version += 1
        gone = self.objects.pop(self._name(resource, namespace, name))
        gone["metadata"]["resourceVersion"] = str(self._version)
        self._tell(resource, "DELETED", gone)

    async def get(self, resource: Resource, namespace: str | None, name: str, *, attempts: int = 1) -> Body:
        assert attempts
        self._ask(f"get {resource.plural} {name}")
        return copy.deepcopy(self._find(resource, namespace, name))

    async def list_page(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        resume: str = "",
        metadata_only: bool = False,
    ) -> Page:
        assert not resume
        assert not metadata_only
        self._ask(f"list {resource.plural}")
        selected = (query or {}).get("fieldSelector", "").removeprefix("metadata.name=")
        items = [
            copy.deepcopy(body)
            for (plural, where, name), body in self.objects.items()
            if plural == resource.plural and namespace in {None, where} and selected in {"", name}
        ]
        return Page(items=items, resource_version=self._version, resume="")

    async def watch(
        self, resource: Resource, namespace: str | None, resource_version: int, *, query: Mapping[str, str]
    ) -> AsyncGenerator[WatchEvent]:
        assert namespace is None or resource.is_namespaced
        seen = 0
        selected = query["fieldSelector"].removeprefix("metadata.name=")
        while True:
            events = self._events.setdefault(resource.plural, [])
            for event in events[seen:]:
                seen += 1
                metadata = event.body["metadata"]
                if metadata["name"] == selected and int(metadata["resourceVersion"]) > resource_version:
                    yield event
            async with self._news:
                if len(events) == seen:
                    await self._news.wait()

    async def create(
        self, resource: Resource, namespace: str | None, manifest: Mapping[str, Any], *, attempts: int = 1
    ) -> Created:
        assert attempts
        self._ask(f"create {resource.plural}")
        if resource == TOKEN_REVIEWS:
            return Created(self._review(manifest["spec"]["token"], manifest["spec"]["audiences"]))
        if self._name(resource, namespace, manifest["metadata"]["name"]) in self.objects:
            raise ApiError(409, "AlreadyExists", "it is there")
        return Created(self.put(resource, dict(manifest), kind="ADDED"))

    async def replace(self, resource: Resource, namespace: str | None, name: str, manifest: Mapping[str, Any]) -> Body:
        self._ask(f"replace {resource.plural} {name}")
        known = self._find(resource, namespace, name)
        if known["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            raise ApiError(409, "Conflict", "it has changed")
        return self.put(resource, dict(manifest))

    async def delete(
        self, resource: Resource, namespace: str, name: str, uid: str, resource_version: str | None = None
    ) -> None:
        self._ask(f"delete {resource.plural} {name}")
        known = self._find(resource, namespace, name)["metadata"]
        if known["uid"] != uid or resource_version not in {None, known["resourceVersion"]}:
            raise ApiError(409, "Conflict", "the precondition is not met")
        self.remove(resource, namespace, name)

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        operations: Sequence[Mapping[str, Any]],
        *,
        subresource: str | None = None,
    ) -> Body:
        raise NotImplementedError

    async def apply(self, resource: Resource, name: str, manifest: Mapping[str, Any], *, manager: str) -> Body:
        """Merge webhooks by their names."""
        self._ask(f"apply {resource.plural} {name} as {manager}")
        body = copy.deepcopy(self._find(resource, None, name))
        applied = {webhook["name"]: webhook["clientConfig"] for webhook in manifest["webhooks"]}
        for webhook in body["webhooks"]:
            webhook["clientConfig"].update(applied[webhook["name"]])
        return self.put(resource, body)

    async def apply_status(
        self, resource: Resource, namespace: str, name: str, manifest: Mapping[str, Any], manager: str
    ) -> Body:
        self._ask(f"apply {resource.plural}/status {name} as {manager}")
        body = copy.deepcopy(self._find(resource, namespace, name))
        return self.put(resource, body | {"status": body.get("status", {}) | manifest["status"]})

    def _review(self, shown: str, audiences: list[str]) -> Body:
        user = self.accounts.get(shown)
        status = {"authenticated": True, "user": {"username": user}, "audiences": audiences} if user else {}
        return {"status": status}

    def _ask(self, what: str) -> None:
        self.requests.append(what)
        if self.refusal is not None:
            raise self.refusal

    def _find(self, resource: Resource, namespace: str | None, name: str) -> Body:
        try:
            return self.objects[self._name(resource, namespace, name)]
        except KeyError:
            raise ApiError(404, "NotFound", f"{resource.plural} {name!r} not found") from None

    def _tell(self, resource: Resource, kind: str, body: Body) -> None:
        self._events.setdefault(resource.plural, []).append(WatchEvent(kind, copy.deepcopy(body)))
        self._wake = asyncio.ensure_future(self._announce())

    async def _announce(self) -> None:
        async with self._news:
            self._news.notify_all()

    @staticmethod
    def _name(resource: Resource, namespace: str | None, name: str) -> Name:
        return resource.plural, (namespace or "") if resource.is_namespaced else "", name
