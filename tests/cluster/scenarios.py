"""Lives of a TrainJob, each with what its user does, how far it gets each time, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.cluster.kube import Body, Kube
from tests.cluster.stub import RUNTIME, STEPS, container_of, pod_of, restart_trainers, stub_runtime, trainjob
from tests.cluster.trainjobs import conditions_of, names_in

NAME = "sweep"
_ENDS_WHEN_ASKED = "import os, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\n"
_LATER = 24  # the trainer is to run by then, even if the machine does much else
_SLEEPS = f"{_ENDS_WHEN_ASKED}time.sleep(600)"
_SLEEPS_THE_FIRST_TIME = f"{_ENDS_WHEN_ASKED}os.path.exists('/workspace/again') or time.sleep(600)"
_COUNTS = ["sh", "-c", "mkdir /workspace/begun || touch /workspace/again"]
_SUCCEEDS_IN_A_MOMENT = "import time; time.sleep(6)"
_FAILS_THE_FIRST_TIME = "import os, sys, time; os.environ['ATTEMPT'] != '0' or time.sleep(6) or sys.exit('once')"
_FAILS_IN_A_MOMENT = "import sys, time; time.sleep(6); sys.exit('there is no such data set')"


@dataclass(frozen=True, slots=True)
class Step:
    """What the user does, and what it takes until the next step; both are told the namespace."""

    act: Callable[[Kube, str], object]
    is_over: Callable[[Kube, str], bool]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A TrainJob's life.

    Attributes:
        runtime: what it runs on, for a namespace.
        counted_from: the step, from 0, from which on the operator is struck; others strike at the earlier ones.
        is_hasty: a user who finds the operator killed goes on at once, while it is away.
        conditions: type, status and reason of each condition in the end; none if the TrainJob is gone.
        children: what is there in the end.
        told: the reasons of the Events about it.
        made_twice: what is created once more on the way.
        restarts: how often all trainers restart, and how often that counts.
    """

    name: str
    runtime: Callable[[str], Body]
    steps: tuple[Step, ...]
    counted_from: int
    is_hasty: bool
    conditions: tuple[tuple[str, str, str], ...]
    children: tuple[str, ...]
    told: frozenset[str]
    made_twice: frozenset[str] = frozenset()
    restarts: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        return self.name


def _creates(**spec: object) -> Callable[[Kube, str], object]:
    return lambda kube, namespace: kube.create(trainjob(namespace, NAME, RUNTIME, **spec))


def _changes(**spec: object) -> Callable[[Kube, str], object]:
    return lambda kube, namespace: kube.patch("TrainJob", namespace, NAME, {"spec": spec})


def _deletes(kube: Kube, namespace: str) -> None:
    kube.delete("TrainJob", namespace, NAME)


def _waits(_kube: Kube, _namespace: str) -> None:
    """Do nothing: what comes next comes of itself."""


def _is(condition: str) -> Callable[[Kube, str], bool]:
    return lambda kube, namespace: condition in conditions_of(kube, namespace, NAME)


def _runs(step: str) -> Callable[[Kube, str], bool]:
    return lambda kube, namespace: _phases(kube, namespace, step) == ["Running"]


def _has_let_go(kube: Kube, namespace: str) -> bool:
    """Tell whether a suspended TrainJob holds no pod, and says so."""
    status = kube.get("TrainJob", namespace, NAME).get("status", {})
    is_told = not any(job["active"] for job in status.get("jobsStatus", ()))
    return is_told and _is("Suspended")(kube, namespace) and _phases(kube, namespace, "node") == []


def _is_gone_but_for(*children: str) -> Callable[[Kube, str], bool]:
    return lambda kube, namespace: (
        kube.find("TrainJob", namespace, NAME) is None and names_in(kube, namespace) == [*children]
    )


def _phases(kube: Kube, namespace: str, step: str) -> list[str]:
    pods = kube.list("Pod", namespace, labelSelector=f"jobset.sigs.k8s.io/replicatedjob-name={step}")
    return [pod["status"]["phase"] for pod in pods]


def _with_initializers(**scripts: str) -> Callable[[str], Body]:
    return lambda namespace: _ending_soon(stub_runtime(namespace, **scripts))


def _without_initializers(**scripts: str) -> Callable[[str], Body]:
    """Have the trainer only, which begins sooner."""

    def make(namespace: str) -> Body:
        runtime = _ending_soon(stub_runtime(namespace, **scripts))
        spec = runtime["spec"]["template"]["spec"]
        [node] = [step for step in spec["replicatedJobs"] if step["name"] == "node"]
        del node["dependsOn"]
        spec["replicatedJobs"] = [node]
        return runtime

    return make


def _restarting(make: Callable[[str], Body]) -> Callable[[str], Body]:
    """Have the trainers restart once."""
    return lambda namespace: restart_trainers(make(namespace), 1)


def _counting(make: Callable[[str], Body]) -> Callable[[str], Body]:
    """Have the trainer's pod count before it runs: asked later, it may be killed before it could."""

    def make_so(namespace: str) -> Body:
        runtime = make(namespace)
        counter = container_of(runtime, "node") | {"name": "count", "command": _COUNTS}
        del counter["resources"]
        pod_of(runtime, "node")["initContainers"] = [counter]
        return runtime

    return make_so


def _leaving_its_claim(make: Callable[[str], Body]) -> Callable[[str], Body]:
    """Have the children removed a second after the end, but for the claim, which outlives the TrainJob too."""

    def make_so(namespace: str) -> Body:
        runtime = make(namespace)
        spec = runtime["spec"]["template"]["spec"]
        spec["ttlSecondsAfterFinished"] = 1
        [policy] = spec["volumeClaimPolicies"]
        policy["retentionPolicy"] = {"whenDeleted": "Retain"}
        return runtime

    return make_so


def _ending_soon(runtime: Body) -> Body:
    """Have pods killed that were asked to end before they could listen."""
    for step in STEPS:
        pod_of(runtime, step)["terminationGracePeriodSeconds"] = 1
    return runtime


_SNAPSHOT, _CLAIM, _SERVICE = (
    "ConfigMap sweep-runtime-snapshot",
    "PersistentVolumeClaim initializer-sweep",
    "Service sweep",
)
_TRAINER = ("Job sweep-node-0", "Pod of sweep-node-0")
_DATASET = ("Job sweep-dataset-initializer-0", "Pod of sweep-dataset-initializer-0")
_MODEL = ("Job sweep-model-initializer-0", "Pod of sweep-model-initializer-0")
_COMPLETE = ("Complete", "True", "AllJobsCompleted")

SCENARIOS = (
    Scenario(
        name="create",
        runtime=_with_initializers(),
        steps=(Step(_creates(), _is("Complete")),),
        counted_from=0,
        is_hasty=False,
        conditions=(_COMPLETE,),
        children=(_SNAPSHOT, _CLAIM, _SERVICE, *_TRAINER, *_DATASET, *_MODEL),
        told=frozenset({"AllJobsCompleted"}),
    ),
    Scenario(
        name="fail",
        runtime=_with_initializers(dataset_initializer=_FAILS_IN_A_MOMENT, model_initializer=_SLEEPS),
        steps=(Step(_creates(), _runs("model-initializer")), Step(_waits, _is("Failed"))),
        counted_from=1,
        is_hasty=False,
        conditions=(("Stalled", "True", "FailedJobs"), ("Failed", "True", "FailedJobs")),
        children=(_SNAPSHOT, _CLAIM, _SERVICE, *_DATASET),
        told=frozenset({"FailedJobs"}),
    ),
    Scenario(
        name="suspend and resume",
        runtime=_counting(_without_initializers(node=_SLEEPS_THE_FIRST_TIME)),
        steps=(
            Step(_creates(), _runs("node")),
            Step(_changes(suspend=True), _has_let_go),
            Step(_changes(suspend=False), _is("Complete")),
        ),
        counted_from=1,
        is_hasty=False,
        conditions=(_COMPLETE,),
        children=(_SNAPSHOT, _CLAIM, _SERVICE, *_TRAINER),
        told=frozenset({"Suspended", "Resumed", "AllJobsCompleted"}),
    ),
    Scenario(
        name="restart",
        runtime=_restarting(_without_initializers(node=_FAILS_THE_FIRST_TIME)),
        steps=(Step(_creates(), _runs("node")), Step(_waits, _is("Complete"))),
        counted_from=1,
        is_hasty=False,
        conditions=(_COMPLETE,),
        children=(_SNAPSHOT, _CLAIM, _SERVICE, *_TRAINER),
        told=frozenset({"TrainJobRestarted", "AllJobsCompleted"}),
        made_twice=frozenset({"jobs sweep-node-0"}),
        restarts=(1, 1),
    ),
    Scenario(
        name="deadline",
        runtime=_without_initializers(node=_SLEEPS),
        steps=(Step(_creates(activeDeadlineSeconds=_LATER), _runs("node")), Step(_waits, _is("Failed"))),
        counted_from=1,
        is_hasty=False,
        conditions=(("Stalled", "True", "DeadlineExceeded"), ("Failed", "True", "DeadlineExceeded")),
        children=(_SNAPSHOT, _CLAIM, _SERVICE),
        told=frozenset({"DeadlineExceeded"}),
    ),
    Scenario(
        name="time to live",
        runtime=_leaving_its_claim(_without_initializers(node=_SUCCEEDS_IN_A_MOMENT)),
        steps=(
            Step(_creates(ttlSecondsAfterFinished=4), _runs("node")),
            Step(_waits, _is_gone_but_for(_CLAIM)),
        ),
        counted_from=1,
        is_hasty=False,
        conditions=(),
        children=(_CLAIM,),
        told=frozenset({"AllJobsCompleted"}),
    ),
    Scenario(
        name="delete",
        runtime=_without_initializers(node=_SLEEPS),
        steps=(Step(_creates(), _runs("node")), Step(_deletes, _is_gone_but_for())),
        counted_from=0,
        is_hasty=True,
        conditions=(),
        children=(),
        told=frozenset(),
    ),
)
