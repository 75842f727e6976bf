"""What is known of one single object, kept in step by a reflector."""

from collections.abc import Callable

from trainjob_operator.controller.cache.reflector import Reflector
from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import Resource
from trainjob_operator.controller.telemetry.metrics import Metrics


class Watched:
    """An object of a fixed name, which may be absent. ``changed`` is called whenever it is not what it was."""

    def __init__(self, resource: Resource, namespace: str | None, name: str, changed: Callable[[], None]) -> None:
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.body: Body | None = None
        self._changed = changed

    def reflector(self, kube: KubeClient, metrics: Metrics) -> Reflector:
        """Make what fills it. A field selector on the name lets a role name the object that may be watched."""
        return Reflector(
            kube, self.resource, self, metrics, namespace=self.namespace, field_selector=f"metadata.name={self.name}"
        )

    def put(self, body: Body) -> None:
        """Take a version of the object, unless a newer one is known."""
        if self.body is None or _version(body) > _version(self.body):
            self.body = body
            self._changed()

    def drop(self, body: Body) -> None:
        """Forget it, unless it is there again already."""
        if self.body is not None and _version(self.body) <= _version(body):
            self._forget()

    def advance(self, namespace: str | None, version: int) -> None:
        """Note nothing: there is no second way by which news could come."""

    def prune(self, namespace: str | None, found: set[tuple[str, str]], version: int) -> None:  # noqa: ARG002 - one only
        """Forget it if it is not in a list that is newer."""
        if self.body is not None and not found and _version(self.body) <= version:
            self._forget()

    def _forget(self) -> None:
        self.body = None
        self._changed()


def _version(body: Body) -> int:
    return int(body["metadata"]["resourceVersion"])
