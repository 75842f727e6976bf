from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.api.trainjob import parse_trainjob
from trainjob_operator.controller.work.memory import INSPECT_EVERY, Inspection, Memory, Resolver
from trainjob_operator.controller.work.pacing import Pacer
from trainjob_operator.reconciler.children import Child, Kind
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.state import Endpoint, Refusal

REFUSAL = Refusal("Job", "tune-node-0", "Forbidden", "exceeded quota")
PODS = Refusal("Pod", "tune-node-0", "FailedCreate", "violates PodSecurity")
STRANGER = Child(Kind.SERVICE, "tune", "u", None, None, None, deleting=False)
TRAINJOB = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1",
    "kind": "TrainJob",
    "metadata": {"name": "tune", "namespace": "team", "uid": "u"},
    "spec": {"runtimeRef": {"name": "tiny"}},
}
NODE = {
    "metadata": {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}},
    "spec": {"template": {"spec": {"containers": [{"name": "node", "image": "example.com/image:1"}]}}},
}
RUNTIME = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1",
    "kind": "ClusterTrainingRuntime",
    "metadata": {"name": "tiny"},
    "spec": {
        "mlPolicy": {"numNodes": 1, "torch": {}},
        "template": {"spec": {"replicatedJobs": [{"name": "node", "template": NODE}]}},
    },
}


def test_a_refused_create_is_held_longer_each_time() -> None:
    memory, now, pauses = Memory("uid", Pacer(3)), 0.0, []
    for _ in range(8):
        memory.hold("Job", "tune-node-0", now, refusal=REFUSAL, stranger=None)
        pause = memory.seconds_to_next_try(now)
        assert pause is not None
        assert memory.is_held("Job", "tune-node-0", now)
        assert not memory.is_held("Job", "tune-node-0", now + pause)
        now += pause
        pauses.append(pause)

    for number, pause in enumerate(pauses):
        expected = min(2.0**number, 30)
        assert 0.75 * expected <= pause <= 1.25 * expected


def test_a_refusal_is_reported_until_the_create_succeeds() -> None:
    memory = Memory("uid", Pacer(3))
    memory.hold("Job", "tune-node-0", 0.0, refusal=REFUSAL, stranger=None)
    assert list(memory.refusals()) == [REFUSAL]
    assert memory.seconds_to_next_try(100.0) is None
    assert list(memory.refusals()) == [REFUSAL]

    memory.release("Job", "tune-node-0")
    assert list(memory.refusals()) == []


def test_a_stranger_is_looked_for_again() -> None:
    memory = Memory("uid", Pacer(3))
    memory.hold("Service", "tune", 0.0, refusal=None, stranger=STRANGER)

    assert list(memory.strangers(0.5)) == [STRANGER]
    assert list(memory.strangers(2.0)) == []
    assert list(memory.refusals()) == []


def test_events_are_read_now_and_then() -> None:
    memory = Memory("uid", Pacer(3))
    assert memory.may_inspect("tune-node-0", 5.0)

    memory.inspections["tune-node-0"] = Inspection(5.0, PODS)
    assert not memory.may_inspect("tune-node-0", 5.0 + INSPECT_EVERY - 1)
    assert memory.may_inspect("tune-node-0", 5.0 + INSPECT_EVERY)
    assert list(memory.refusals()) == [PODS]


def test_what_events_told_is_forgotten_with_the_first_pod_or_with_the_job() -> None:
    memory = Memory(
        "uid", Pacer(3), inspections={name: Inspection(0.0, PODS) for name in ("started", "gone", "waiting")}
    )

    memory.forget_inspections({"started"}, {"started", "waiting"})

    assert set(memory.inspections) == {"waiting"}


def test_a_trainjob_is_resolved_anew_only_if_its_spec_runtime_or_endpoint_is_another() -> None:
    resolver, job, runtime = Resolver(), parse_trainjob(TRAINJOB), parse_runtime(RUNTIME)
    edited = job.model_copy(update={"metadata": job.metadata.model_copy(update={"generation": 2})})
    endpoint = Endpoint("https://trainer.svc:10443", "certificates")
    first = resolver(job, runtime, None)

    assert first == resolve(job, runtime)
    assert resolver(parse_trainjob(TRAINJOB), parse_runtime(RUNTIME), None) is first
    assert (second := resolver(edited, runtime, None)) is not first
    assert resolver(edited, runtime, endpoint) == resolve(edited, runtime, endpoint) != second
    assert resolver(edited, None, endpoint) == resolve(edited, None)
