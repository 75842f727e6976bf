"""The operator is killed at each of its calls that change something, and goes on as if nothing had happened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from tests.cluster import crds
from tests.cluster.api_proxy import ApiProxy, Strike
from tests.cluster.kube import Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import EndState, await_complete, conditions_of, end_state
from tests.cluster.waiting import eventually
from tests.devcluster.audit import Audit

NAME = "sweep"
AT_ONCE = 4
MOMENTS: Sequence[Literal["before", "after"]] = ("before", "after")


@dataclass(frozen=True, slots=True)
class Run:
    """A TrainJob's life from create to Complete.

    Attributes:
        calls: what the operator asked for that changes something, without the namespace.
        created: how often each object was created, Events aside.
        deleted: what the operator deleted.
        told: how many Events tell of the end.
        struck: the call at which the operator was killed, if it was.
    """

    calls: tuple[str, ...]
    state: EndState
    created: Mapping[str, int]
    deleted: tuple[str, ...]
    told: int
    struck: str | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """Runs TrainJobs, each in a namespace of its own and with an operator of its own."""

    kube: Kube
    namespaces: Namespaces
    folder: Path

    def run(self, strike: Strike | None) -> Run:
        namespace = self.namespaces.make()
        self.kube.create(stub_runtime(namespace))
        with (
            Replicas(self.kube, self.folder, [namespace]) as replicas,
            ApiProxy(self.kube.cluster, strike) as proxy,
        ):
            audit = Audit(self.kube.cluster.audit_log, replicas.user(""))
            operator = replicas.make("only", server=proxy.url)
            proxy.aim_at(operator)
            operator.start()
            operator.await_ready()
            self.kube.create(trainjob(namespace, NAME))
            if strike is not None:
                self._await_strike(namespace, proxy)
            if proxy.struck.is_set():
                assert operator.end() != 0
                operator.start()
                operator.await_ready()
            await_complete(self.kube, namespace, NAME)
            operator.stop()
            calls = tuple(call.replace(namespace, "NAMESPACE") for call in proxy.calls)
            return Run(
                calls=calls,
                state=end_state(self.kube, namespace, NAME),
                created=_created(audit),
                deleted=tuple(str(request) for request in audit.writes() if request.verb == "delete"),
                told=len(self.kube.list("Event", namespace, fieldSelector="reason=AllJobsCompleted")),
                struck=calls[strike.call - 1] if strike is not None and proxy.struck.is_set() else None,
            )

    def _await_strike(self, namespace: str, proxy: ApiProxy) -> None:
        """Wait until the operator was killed, or the TrainJob got to its end with fewer calls."""
        eventually(
            lambda: proxy.struck.is_set() or "Complete" in conditions_of(self.kube, namespace, NAME), within_s=90
        )
        proxy.struck.wait(1)  # the last call comes right after the end


@pytest.fixture(scope="module")
def sweep(kube: Kube, namespaces: Namespaces, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    crds.install(kube.cluster)
    return Sweep(kube, namespaces, tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="module")
def undisturbed(sweep: Sweep) -> Run:
    return sweep.run(None)


def test_undisturbed_run_makes_each_child_once(undisturbed: Run) -> None:
    assert [condition[:3] for condition in undisturbed.state.conditions] == [("Complete", "True", "AllJobsCompleted")]
    assert undisturbed.state.children == (
        ("ConfigMap sweep-runtime-snapshot", 1),
        ("Job sweep-dataset-initializer-0", 1),
        ("Job sweep-model-initializer-0", 1),
        ("Job sweep-node-0", 1),
        ("PersistentVolumeClaim initializer-sweep", 1),
        ("Pod of sweep-dataset-initializer-0", 1),
        ("Pod of sweep-model-initializer-0", 1),
        ("Pod of sweep-node-0", 1),
        ("Service sweep", 1),
    )
    assert undisturbed.state.are_its_own
    assert set(undisturbed.created.values()) == {1}
    assert undisturbed.told == 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_operator_killed_at_any_call_comes_to_the_same_end(
    sweep: Sweep, undisturbed: Run, moment: Literal["before", "after"]
) -> None:
    strikes = [Strike(call, moment) for call in range(1, len(undisturbed.calls) + 1)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        futures = [threads.submit(sweep.run, strike) for strike in strikes]

    differences = {}
    struck = set()
    for strike, future in zip(strikes, futures, strict=True):
        error = future.exception()
        if error is not None:
            differences[str(strike)] = f"{type(error).__name__}: {error}"
            continue
        run = future.result()
        struck.add(run.struck)
        if (run.state, run.created, run.deleted) != (undisturbed.state, undisturbed.created, ()) or run.told > 1:
            differences[f"{strike} ({run.struck})"] = str(run)
    assert differences == {}
    assert set(map(_sort, undisturbed.calls)) == {_sort(call) for call in struck if call is not None}


def _created(audit: Audit) -> dict[str, int]:
    made = (request for request in audit.writes() if request.verb == "create" and request.code < 300)
    return dict(Counter(f"{request.resource} {request.name}" for request in made if request.resource != "events"))


def _sort(call: str) -> str:
    """Tell what a call does, without the names of objects: a status is written as often as it takes."""
    method, path = call.split()
    return f"{method} {path.rpartition('/')[2]}"
