"""The life of a TrainJob, with an operator that is killed in the midst of it."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.api_proxy import ApiProxy, Strike
from tests.cluster.kube import Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.replicas import Replicas
from tests.cluster.scenarios import NAME, Scenario, Step
from tests.cluster.trainjobs import EndState, end_state
from tests.cluster.waiting import eventually
from tests.devcluster.audit import Audit
from tests.devcluster.longrun import tail
from tests.devcluster.operator_process import OperatorProcess

_LAST_CALL_WITHIN_S = 3.0
_SETTLED_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """A TrainJob's life, from its creation to its end.

    Attributes:
        calls: what the operator asked for that changes something, without the namespace, as far as it was counted.
        created: how often each object was created, Events aside.
        deleted: what the operator deleted.
        told: how many Events there are about it, by reason.
        is_struck: whether the operator was killed.
    """

    calls: tuple[str, ...]
    state: EndState
    created: Mapping[str, int]
    deleted: frozenset[str]
    told: Mapping[str, int]
    is_struck: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """Runs TrainJobs, each in a namespace of its own and with an operator of its own."""

    kube: Kube
    namespaces: Namespaces
    folder: Path

    def run(self, scenario: Scenario, strike: Strike | None) -> Run:
        """Play a scenario; an operator that is struck is started again at once, or after a hasty user's next act."""
        namespace = self.namespaces.make()
        self.kube.create(scenario.runtime(namespace))
        with (
            Replicas(self.kube, self.folder, [namespace], are_forked=True) as replicas,
            ApiProxy(self.kube.cluster, strike) as proxy,
        ):
            audit = Audit(self.kube.cluster.audit_log, replicas.user(""))
            operator = replicas.make("only", server=proxy.url)
            proxy.aim_at(operator)
            operator.start()
            operator.await_ready()
            for number, step in enumerate(scenario.steps):
                if number == scenario.counted_from:
                    proxy.begin_to_count()
                step.act(self.kube, namespace)
                is_last = number == len(scenario.steps) - 1
                self._await(step, namespace, operator, proxy, is_hasty=scenario.is_hasty and not is_last)
            if strike is not None and proxy.struck.wait(_LAST_CALL_WITHIN_S):  # it comes right after the end
                self._await(scenario.steps[-1], namespace, operator, proxy, is_hasty=False)
            proxy.stand_down()
            time.sleep(_SETTLED_AFTER_S)  # what is to be shown is that nothing else happens
            operator.stop()
            return Run(
                calls=tuple(call.replace(namespace, "NAMESPACE") for call in proxy.calls),
                state=end_state(self.kube, namespace, NAME),
                created=_created(audit),
                deleted=_deleted(audit),
                told=self._told(namespace),
                is_struck=proxy.struck.is_set(),
            )

    def _await(self, step: Step, namespace: str, operator: OperatorProcess, proxy: ApiProxy, *, is_hasty: bool) -> None:
        """Wait until a step is over; a hasty user does not wait for an operator that was killed."""

        def look() -> bool:
            if proxy.struck.is_set() and not operator.is_running():
                if is_hasty:
                    return True
                operator.start()
                operator.await_ready()
            return step.is_over(self.kube, namespace)

        try:
            eventually(look)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._scene(namespace)}\n{tail(operator.log)}") from error

    def _scene(self, namespace: str) -> str:
        """Tell where a TrainJob and its pods stand."""
        bodies = (body for kind in ("TrainJob", "Pod") for body in self.kube.list(kind, namespace))
        return "\n".join(f"{body['metadata']['name']}: {json.dumps(body.get('status'))}" for body in bodies)

    def _told(self, namespace: str) -> dict[str, int]:
        events = self.kube.list("Event", namespace, fieldSelector="involvedObject.kind=TrainJob")
        return dict(Counter(event["reason"] for event in events))


def _created(audit: Audit) -> dict[str, int]:
    made = (request for request in audit.writes() if request.verb == "create" and request.code < 300)
    return dict(Counter(f"{request.resource} {request.name}" for request in made if request.resource != "events"))


def _deleted(audit: Audit) -> frozenset[str]:
    return frozenset(f"{request.resource} {request.name}" for request in audit.writes() if request.verb == "delete")
