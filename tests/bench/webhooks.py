"""The shipped webhook configurations, answered by the operator process, to be taken away and put back."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

import yaml

from tests.bench.errors import BenchError
from tests.bench.testbed import ACCOUNT, NAMESPACE, Testbed
from tests.devcluster.cache import ROOT
from tests.devcluster.operator_process import OperatorProcess
from tests.devcluster.port import Port

Body = dict[str, Any]

_SHIPPED = ROOT / "manifests" / "base" / "webhooks.yaml"
_WITHIN_S = 30.0
_BY_THE_SERVER = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Both configurations, as they are once the operator has had its authority trusted."""

    bed: Testbed
    operator: OperatorProcess
    configurations: Body

    def add(self) -> None:
        """Have the API server ask the operator; it begins to a moment later."""
        self.bed.cluster.kubectl("create", "--filename=-", text=json.dumps(self.configurations))

    def remove(self) -> None:
        """Have the API server ask nobody; it ends to a moment later."""
        self.bed.cluster.kubectl("delete", "--filename=-", text=json.dumps(self.configurations))


@asynccontextmanager
async def serving(bed: Testbed) -> AsyncIterator[Webhooks]:
    """Run an operator that answers webhooks, which are configured at first.

    The API server calls it by the Service's name, as it does in a cluster: of type ExternalName, because the operator
    is no pod. That leads past kube-proxy, whose part is in the kernel.
    """
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": ACCOUNT, "namespace": NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": bed.cluster.host_address},
    }
    configurations = list(yaml.safe_load_all(_SHIPPED.read_text()))
    with closing(Port(bed.cluster.host_address)) as port:
        for webhook in (webhook for each in configurations for webhook in each["webhooks"]):
            webhook["clientConfig"]["service"]["port"] = port.number
        everything = {"apiVersion": "v1", "kind": "List", "items": [service, *configurations]}
        bed.cluster.kubectl("apply", "--server-side", "--filename=-", text=json.dumps(everything))
        settings = {
            "certificates": "generated",
            "http_host": bed.cluster.host_address,
            "webhook_port": str(port.number),
            "status_endpoint": "false",
        }
        async with bed.operator(**settings) as operator:
            webhooks = Webhooks(bed, operator, await _await_trust(bed, everything))
            try:
                yield webhooks
            finally:
                bed.cluster.kubectl("delete", "--ignore-not-found", "--filename=-", text=json.dumps(everything))


async def _await_trust(bed: Testbed, everything: Body) -> Body:
    """Wait until the operator has put its authority into each webhook; gives the configurations without the Service."""
    deadline = time.monotonic() + _WITHIN_S
    while True:
        found = json.loads(bed.cluster.kubectl("get", "--filename=-", "--output=json", text=json.dumps(everything)))
        items = [item for item in found["items"] if item["kind"] != "Service"]
        if all("caBundle" in webhook["clientConfig"] for item in items for webhook in item["webhooks"]):
            break
        if time.monotonic() > deadline:
            raise BenchError("the operator does not have its webhooks trusted")
        await asyncio.sleep(0.2)
    for item in items:
        for key in _BY_THE_SERVER:
            item["metadata"].pop(key, None)
    return {"apiVersion": "v1", "kind": "List", "items": items}
