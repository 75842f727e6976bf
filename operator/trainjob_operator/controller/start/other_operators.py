"""Whether another operator works on TrainJobs in this cluster: two of them would create each child twice.

Two facts tell of Kubeflow Trainer: a Lease of its name that is being renewed, and a webhook for runtimes. (Webhooks for
TrainJobs prove nothing, Kueue has them too, even under the same path.)
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import LEASES, VALIDATING_WEBHOOKS, Resource
from trainjob_operator.errors import ApiError, ConfigurationError
from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME, GROUP, PEER_LEASE, TRAINING_RUNTIME, VERSION
from trainjob_operator.settings import PREFIX

logger = logging.getLogger(__name__)

_USUAL_DURATION = 15
_PATHS = frozenset(
    f"/validate-{GROUP.replace('.', '-')}-{VERSION}-{kind.lower()}"
    for kind in (TRAINING_RUNTIME, CLUSTER_TRAINING_RUNTIME)
)


async def refuse_second_operator(kube: KubeClient, own_configuration: str, *, tolerate: bool) -> None:
    """Make sure that nobody else works on TrainJobs.

    Raises:
        ConfigurationError: somebody does, and that is not tolerated.
    """
    leases = await _list(kube, LEASES, {"fieldSelector": f"metadata.name={PEER_LEASE}"})
    configurations = await _list(kube, VALIDATING_WEBHOOKS, {})
    signs = [*held_leases(leases, datetime.now(UTC)), *runtime_webhooks(configurations, own_configuration)]
    if not signs:
        return
    found = f"another operator for TrainJobs is in this cluster: {'; '.join(signs)}"
    if tolerate:
        logger.warning("%s. Going on, because that is tolerated", found)
        return
    raise ConfigurationError(
        f"{found}. Both would work on the same TrainJobs. Uninstall it first: its finished"
        f" TrainJobs stay as they are, running ones start anew when their JobSets are deleted. Or"
        f" set {PREFIX}TOLERATE_OTHER_OPERATORS=true to go on beside it"
    )


def held_leases(leases: Sequence[Body], now: datetime) -> list[str]:
    """Say which of Kubeflow Trainer's Leases somebody holds."""
    return [
        f"the Lease {lease['metadata']['namespace']}/{PEER_LEASE} is held by {lease['spec']['holderIdentity']}"
        for lease in leases
        if _is_held(lease.get("spec") or {}, now)
    ]


def runtime_webhooks(configurations: Sequence[Body], own: str) -> list[str]:
    """Say which configurations other than our own send runtimes to somebody."""
    services = {
        configuration["metadata"]["name"]: webhook["clientConfig"].get("service") or {}
        for configuration in configurations
        if configuration["metadata"]["name"] != own
        for webhook in configuration.get("webhooks") or ()
        if (webhook["clientConfig"].get("service") or {}).get("path") in _PATHS
    }
    return [
        f"ValidatingWebhookConfiguration {name} sends runtimes to Service {service['namespace']}/{service['name']}"
        for name, service in sorted(services.items())
    ]


async def _list(kube: KubeClient, resource: Resource, query: Mapping[str, str]) -> list[Body]:
    """List objects of the whole cluster; without the right to do so the question stays open."""
    items: list[Body] = []
    try:
        async with aclosing(kube.pages(resource, query=query)) as pages:
            async for page in pages:
                items += page.items
    except ApiError as error:
        logger.warning("cannot tell whether another operator for TrainJobs is in this cluster: %s", error)
    return items


def _is_held(spec: Mapping[str, Any], now: datetime) -> bool:
    if not spec.get("holderIdentity") or not spec.get("renewTime"):
        return False
    duration = timedelta(seconds=spec.get("leaseDurationSeconds") or _USUAL_DURATION)
    return now < datetime.fromisoformat(spec["renewTime"]) + duration
