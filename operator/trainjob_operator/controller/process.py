"""The process of a command that talks to a cluster: from its settings to its end."""

import gc

from trainjob_operator.api.schema import custom_resource_definitions
from trainjob_operator.controller.engine import Engine
from trainjob_operator.controller.handlers import run_operator
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.connection import find_connection
from trainjob_operator.controller.kube.transport import Transport
from trainjob_operator.controller.start.installation import apply_crds, require_kinds
from trainjob_operator.controller.start.other_operators import refuse_second_operator
from trainjob_operator.controller.telemetry import logs
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.settings import Settings

_GARBAGE = 10_000  # new objects; a few bodies from the API server are more than the usual 700


async def run(settings: Settings) -> None:
    """Run the operator until it is told to stop."""
    logs.configure(settings.log_format, settings.log_level)
    connection = find_connection(settings.kubeconfig, settings.kube_context)
    metrics = Metrics()
    async with Transport(
        connection, metrics, timeout=settings.request_timeout, max_connections=settings.max_connections
    ) as transport:
        kube = KubeClient(transport)
        engine = Engine(settings, kube, metrics)
        await engine.serve_health()
        await require_kinds(kube)
        await refuse_second_operator(kube, settings.webhook_configuration, tolerate=settings.tolerate_other_operators)
        _spare_the_collector()
        await run_operator(engine, connection, settings.lease_identity, settings.namespaces)


async def install_crds(settings: Settings) -> None:
    """Apply the CRDs of this version, and wait until they are served."""
    logs.configure(settings.log_format, settings.log_level)
    connection = find_connection(settings.kubeconfig, settings.kube_context)
    async with Transport(connection, Metrics(), timeout=settings.request_timeout) as transport:
        await apply_crds(KubeClient(transport), list(custom_resource_definitions().values()))


def _spare_the_collector() -> None:
    """Have the garbage collector look less often, and never again at modules and classes: they stay to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)
