"""The CRDs: check that they are there and have all that this version knows, and bring them up to date."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import CRDS, OWN_KINDS
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import ApiError, ConfigurationError
from trainjob_operator.naming import GROUP, VERSION
from trainjob_operator.reconciler.state import Manifest

logger = logging.getLogger(__name__)

_ESTABLISHED_WITHIN = 60.0
_LOOK_EVERY = 0.5
_TRY_EVERY = 3.0
# Helm 4 applies the chart's crds/ under this name at each install; what another manager holds would be a conflict.
_MANAGER = "helm"


async def require_kinds(kube: KubeClient) -> None:
    """Make sure that our kinds are served; wait for an API server that cannot be reached, or does not know us yet.

    What may not be read is told by those who read it.

    Raises:
        ConfigurationError: they are not, and waiting would not help.
    """
    served = await _served(kube)
    for resource in OWN_KINDS:
        if resource.plural not in served:
            raise ConfigurationError(
                f"the CRD {resource.plural}.{resource.group} is not installed: install the Helm chart, or run"
                " 'trainjob-operator crds --apply'"
            )


async def _served(kube: KubeClient) -> frozenset[str]:
    while True:
        try:
            return await kube.served(GROUP, VERSION)
        except ApiError as error:
            logger.warning("waiting for the API server: %s", error)
        await asyncio.sleep(_TRY_EVERY)


async def report_missing_fields(kube: KubeClient, metrics: Metrics, manifests: Sequence[Manifest]) -> None:
    """Say which fields of this version the CRDs in the cluster do not have: the API server drops them silently.

    That is no reason not to run: without these fields everything works, also with the CRDs of Kubeflow Trainer.
    """
    for manifest in manifests:
        name = manifest["metadata"]["name"]
        try:
            served = await kube.get(CRDS, None, name)
        except ApiError as error:
            logger.warning("cannot tell whether the CRD %s is that of this version: %s", name, error)
            continue
        missing = sorted(missing_fields(_schema(manifest), _schema(served)))
        metrics.crd_missing_fields.labels(name).set(len(missing))
        if missing:
            logger.warning(
                "the CRD %s is not that of this version: the API server drops %s from what users send. Apply the CRDs"
                " of this version: upgrade the Helm chart, or run 'trainjob-operator crds --apply'",
                name,
                ", ".join(missing),
            )


def missing_fields(ours: Mapping[str, Any], theirs: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of fields that only our schema has; not what is inside of them."""
    if theirs.get("x-kubernetes-preserve-unknown-fields"):
        return
    known = theirs.get("properties") or {}
    for name, schema in (ours.get("properties") or {}).items():
        where = f"{path}.{name}" if path else name
        if name in known:
            yield from missing_fields(schema, known[name], where)
        elif not isinstance(theirs.get("additionalProperties"), dict):
            yield where
    for key, suffix in (("items", "[]"), ("additionalProperties", ".*")):
        inner, other = ours.get(key), theirs.get(key)
        if isinstance(inner, dict) and isinstance(other, dict):
            yield from missing_fields(inner, other, f"{path}{suffix}")


def _schema(crd: Mapping[str, Any]) -> Mapping[str, Any]:
    for version in crd["spec"]["versions"]:
        if version["name"] == VERSION:
            schema: Mapping[str, Any] = version.get("schema", {}).get("openAPIV3Schema", {})
            return schema
    return {}


async def apply_crds(kube: KubeClient, manifests: Sequence[Manifest]) -> None:
    """Apply CRDs and wait until they are served.

    Raises:
        ApiError: one is refused.
        ConfigurationError: one is not served in time.
    """
    for manifest in manifests:
        await kube.apply(CRDS, manifest["metadata"]["name"], manifest, manager=_MANAGER)
    deadline = asyncio.get_running_loop().time() + _ESTABLISHED_WITHIN
    for manifest in manifests:
        name = manifest["metadata"]["name"]
        while not _is_established(await kube.get(CRDS, None, name)):
            if asyncio.get_running_loop().time() > deadline:
                raise ConfigurationError(f"the CRD {name} was applied, but is not Established: kubectl describe crd")
            await asyncio.sleep(_LOOK_EVERY)
        logger.info("the CRD %s is up to date", name)


def _is_established(crd: Body) -> bool:
    conditions = crd.get("status", {}).get("conditions", ())
    return any((c["type"], c["status"]) == ("Established", "True") for c in conditions)
