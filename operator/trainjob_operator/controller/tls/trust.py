"""Which authorities the API server trusts when it calls our webhooks: the caBundle of the chart's configurations.

The configurations themselves belong to whoever installed them. They are never created, emptied or deleted here, or a
replica that ends would open a hole for all others.
"""

import base64
import logging
from collections.abc import Callable, Iterator

from trainjob_operator.controller.cache.reflector import Reflector
from trainjob_operator.controller.cache.single import Watched
from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.controller.tls.certificates import KeyMaterial
from trainjob_operator.naming import FIELD_MANAGER

logger = logging.getLogger(__name__)


class Trust:
    """The mutating and the validating webhook configuration of one name; either may be absent."""

    def __init__(self, kube: KubeClient, name: str, changed: Callable[[], None]) -> None:
        self._kube = kube
        self._watched = [
            Watched(resource, None, name, changed) for resource in (MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS)
        ]

    def reflectors(self, metrics: Metrics) -> list[Reflector]:
        """Make what tells of the configurations."""
        return [watched.reflector(self._kube, metrics) for watched in self._watched]

    def accepts_newest(self, credentials: KeyMaterial) -> bool:
        """Tell whether certificates of the newest authority are accepted by every webhook that there is."""
        return all(credentials.newest_authority in bundle for _, bundle in self._bundles())

    async def spread(self, credentials: KeyMaterial) -> None:
        """Make all webhooks trust our authorities and no others; write only what is different.

        Raises:
            ApiError: a configuration cannot be written.
        """
        stale = {watched.resource: watched for watched, bundle in self._bundles() if bundle != credentials.authorities}
        for resource, watched in stale.items():
            bundle = base64.b64encode(credentials.authorities.encode()).decode()
            manifest = {
                "apiVersion": f"{resource.group}/{resource.version}",
                "kind": resource.kind,
                "metadata": {"name": watched.name},
                "webhooks": [
                    {"name": webhook["name"], "clientConfig": {"caBundle": bundle}} for webhook in _webhooks(watched)
                ],
            }
            watched.put(await self._kube.apply(resource, watched.name, manifest, manager=FIELD_MANAGER))
            logger.info("%s %s trusts our authorities now", resource.kind, watched.name)

    def _bundles(self) -> Iterator[tuple[Watched, str]]:
        for watched in self._watched:
            for webhook in _webhooks(watched):
                bundle = base64.b64decode(webhook["clientConfig"].get("caBundle") or "")
                yield watched, bundle.decode(errors="replace")


def _webhooks(watched: Watched) -> list[Body]:
    return list((watched.body or {}).get("webhooks") or ())
