"""Whether another operator works on TrainJobs in this cluster: two of them would create each child twice.

A webhook for runtimes tells of one: only who administers the cluster can write that. (Webhooks for TrainJobs prove
nothing, Kueue has them too, even under the same path.) A Lease with Kubeflow Trainer's name proves nothing either:
whoever may edit in any namespace can write one, and a Deployment whose pod seems to hold it. Alone it is a warning, or
anybody could keep the operator from starting.
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
from trainjob_operator.wording import list_few, shorten

logger = logging.getLogger(__name__)

_USUAL_DURATION = 15
_LONGEST_DURATION = 3600
_CLOCKS_DIFFER_BY = timedelta(minutes=5)
_LONGEST_SIGN = 300
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
    held = held_leases(leases, datetime.now(UTC))
    signs = runtime_webhooks(configurations, own_configuration)
    if held and not signs:
        logger.warning(
            "%s, as Kubeflow Trainer's would be, but no webhook for runtimes is configured: going on. If it does run,"
            " both work on the same TrainJobs: uninstall one of them",
            list_few(held, between="; ", longest=_LONGEST_SIGN),
        )
    if not signs:
        return
    signs = [*held, *signs]
    found = f"another operator for TrainJobs is in this cluster: {list_few(signs, between='; ', longest=_LONGEST_SIGN)}"
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
        f"the Lease {lease['metadata']['namespace']}/{PEER_LEASE} is held by {shorten(lease['spec']['holderIdentity'])}"
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
    """Tell whether somebody has renewed a Lease lately; what no holder would write counts for nothing."""
    holder, renewed, duration = (spec.get(name) for name in ("holderIdentity", "renewTime", "leaseDurationSeconds"))
    duration = duration or _USUAL_DURATION
    if not holder or not isinstance(renewed, str) or not isinstance(duration, int) or duration > _LONGEST_DURATION:
        return False
    try:
        age = now - datetime.fromisoformat(renewed)
    except (ValueError, TypeError, OverflowError):
        return False
    return -_CLOCKS_DIFFER_BY <= age < timedelta(seconds=duration)
