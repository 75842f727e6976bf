"""What Argo CD, Flux and kstatus make of the statuses that the operator writes, evaluated as they evaluate it."""

from collections.abc import Callable
from typing import Any

import celpy
import pytest
import yaml
from celpy.adapter import json_to_cel
from lupa import LuaRuntime
from tests.factories.rendering import GITOPS
from tests.world.objects import RUNTIME, trainjob
from tests.world.world import START, World

from trainjob_operator.api.mlpolicy import MLPolicy, MPIPolicy
from trainjob_operator.reconciler.reconcile import reconcile

INITIALIZERS = ("demo-dataset-initializer-0", "demo-model-initializer-0")


def work(world: World) -> None:
    world.execute(reconcile(world.observe(world.view())))


def pending() -> World:
    world = World(job=trainjob("demo", created=START), runtime=RUNTIME)
    work(world)
    work(world)
    return world


def running() -> World:
    world = pending()
    for job in INITIALIZERS:
        world.start_pods(job)
        world.end_pods(job, succeed=True)
    work(world)
    world.start_pods("demo-node-0")
    work(world)
    return world


def ended(*, succeed: bool) -> World:
    world = running()
    world.end_pods("demo-node-0", succeed=succeed)
    work(world)
    work(world)
    return world


def stalled() -> World:
    world = World(job=trainjob("demo", created=START), runtime=RUNTIME)
    world.change(trainer=None, runtime_patches=None)
    world.runtime = RUNTIME.model_copy(
        update={"spec": RUNTIME.spec.model_copy(update={"ml_policy": MLPolicy(mpi=MPIPolicy())})}
    )
    work(world)
    return world


def suspended() -> World:
    world = running()
    world.set_suspend(suspend=True)
    work(world)
    work(world)
    return world


def resumed() -> World:
    world = suspended()
    world.set_suspend(suspend=False)
    work(world)
    return world


PHASES: list[tuple[str, Callable[[], World], str, str, str]] = [
    ("pending", pending, "Progressing", "InProgress", "Current"),
    ("running", running, "Progressing", "InProgress", "Current"),
    ("complete", lambda: ended(succeed=True), "Healthy", "Current", "Current"),
    ("failed", lambda: ended(succeed=False), "Degraded", "Failed", "Failed"),
    ("cannot proceed", stalled, "Progressing", "InProgress", "Failed"),
    ("suspended", suspended, "Suspended", "InProgress", "Current"),
    ("resumed", resumed, "Progressing", "InProgress", "Current"),
]
NAMES = [phase[0] for phase in PHASES]


def recorded(world: World) -> dict[str, Any]:
    """Give the TrainJob as the API server would, with the status that was written."""
    dumped: dict[str, Any] = world.job.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


@pytest.mark.parametrize(("world", "expected"), [(phase[1], phase[2]) for phase in PHASES], ids=NAMES)
def test_argo_cd(world: Callable[[], World], expected: str) -> None:
    [script] = yaml.safe_load((GITOPS / "argocd-cm.yaml").read_text())["data"].values()
    lua = LuaRuntime(unpack_returned_tuples=True)
    lua.globals().obj = lua.table_from(recorded(world()), recursive=True)

    assert lua.execute(script)["status"] == expected


@pytest.mark.parametrize(("world", "expected"), [(phase[1], phase[3]) for phase in PHASES], ids=NAMES)
def test_flux(world: Callable[[], World], expected: str) -> None:
    flux = yaml.safe_load((GITOPS / "flux-kustomization.yaml").read_text())
    [checks] = flux["spec"]["healthCheckExprs"]
    status = json_to_cel(recorded(world())["status"])
    environment = celpy.Environment()

    holds = {
        verdict: bool(environment.program(environment.compile(checks[field])).evaluate({"status": status}))
        for field, verdict in (("failed", "Failed"), ("current", "Current"))
    }

    assert next((verdict for verdict, is_so in holds.items() if is_so), "InProgress") == expected


def kstatus(body: dict[str, Any]) -> str:
    """Decide as sigs.k8s.io/cli-utils/pkg/kstatus does for a kind that it does not know."""
    status = body.get("status", {})
    conditions = {condition["type"]: condition["status"] for condition in status.get("conditions", ())}
    if "deletionTimestamp" in body["metadata"]:
        return "Terminating"
    if status.get("observedGeneration", body["metadata"]["generation"]) != body["metadata"]["generation"]:
        return "InProgress"
    if conditions.get("Reconciling") == "True":
        return "InProgress"
    if conditions.get("Stalled") == "True":
        return "Failed"
    if "Ready" in conditions:
        return "Current" if conditions["Ready"] == "True" else "InProgress"
    return "Current"


@pytest.mark.parametrize(("world", "expected"), [(phase[1], phase[4]) for phase in PHASES], ids=NAMES)
def test_kstatus(world: Callable[[], World], expected: str) -> None:
    assert kstatus(recorded(world())) == expected


def test_kstatus_waits_while_the_status_is_of_an_older_generation() -> None:
    world = ended(succeed=True)
    world.change(ttl_seconds_after_finished=1)

    assert kstatus(recorded(world)) == "InProgress"
