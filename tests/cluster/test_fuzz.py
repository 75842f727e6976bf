"""Whatever is sent is answered; what was admitted is run or explained; what is put right goes on as if it had been so.

Two namespaces get the same objects: one that the webhooks guard, and one that they pass over, so that the operator
meets on its own what they would have refused.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from tests.cluster.corpus import changes, runtimes, sound_runtime, trainjobs
from tests.cluster.installation import RELEASE, SYSTEM, Installation, installed
from tests.cluster.kube import Body, Kube, RefusedError
from tests.cluster.namespaces import Namespaces
from tests.cluster.outcomes import outcomes_in
from tests.cluster.stub import RUNTIME, STEPS, stub_runtime, trainjob
from tests.cluster.trainjobs import EndState, await_complete, await_condition, conditions_of, end_state
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster
from tests.factories.requests import patch

SEED = 3
PAIRS = 28
UNGUARDED = "example.com/unguarded"
ROOMS = ("guarded", "unguarded")
REFUSALS = {"400", "403", "422"}
# Texts of what is sent stand in the log, too; records begin with their time and level.
BUGS = re.compile(r"^\S+ (ERROR|CRITICAL)\b|^\s*Traceback|unexpected error")
NAME = "tiny"
ABSENT = {"name": "absent"}
WRONG: tuple[Body, ...] = (
    {"runtimePatches": [patch(job=ABSENT["name"])]},
    {"podTemplateOverrides": [{"targetJobs": [ABSENT]}]},
)


@dataclass(slots=True)
class Room:
    """A namespace and what was answered there.

    Attributes:
        namespace: its name.
        answers: how many of each, by what was sent; `taken`, or the HTTP status of the refusal.
        refusals: what was said.
    """

    namespace: str
    answers: dict[str, Counter[str]] = field(default_factory=dict)
    refusals: list[RefusedError] = field(default_factory=list)

    def note(self, what: str, refusal: RefusedError | None) -> bool:
        answer = "taken" if refusal is None else str(refusal.status)
        self.answers.setdefault(what, Counter())[answer] += 1
        self.refusals += [refusal] if refusal is not None else []
        return refusal is None


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> Iterator[Installation]:
    # What a status says of a changed specification alone would otherwise wait for half a minute.
    with installed(cluster, "--set=runtimes.enabled=false", "--set-string=settings.STATUS_DELAY=0.1") as installation:
        installation.pass_over(UNGUARDED)
        yield installation


@pytest.fixture(scope="module")
def rooms(operator: Installation, kube: Kube, namespaces: Namespaces) -> dict[str, Room]:
    """All that there is to send was sent to both."""
    assert operator.has("validatingwebhookconfiguration", RELEASE)
    rooms = {"guarded": Room(namespaces.make()), "unguarded": Room(unguarded(kube, namespaces))}
    for room in rooms.values():
        fill(kube, room)
    return rooms


def unguarded(kube: Kube, namespaces: Namespaces) -> str:
    """Make a namespace, and wait until the API server knows that the webhooks pass over it."""
    namespace = namespaces.make()
    kube.patch("Namespace", "", namespace, {"metadata": {"labels": {UNGUARDED: "yes"}}})
    probe = partial(kube.create_dry, trainjob(namespace, "on-no-runtime"))
    eventually(lambda: refusal_of(probe) is None)
    return namespace


def refusal_of(request: partial[Body]) -> RefusedError | None:
    """Make a request, and give its refusal; None if it was taken."""
    try:
        request()
    except RefusedError as refusal:
        return refusal
    return None


def fill(kube: Kube, room: Room) -> None:
    """Send runtimes, a TrainJob on each that was taken, other TrainJobs, and a change of each that was taken."""
    kube.create(sound_runtime(room.namespace))
    for runtime in runtimes(SEED, room.namespace, PAIRS):
        name = runtime["metadata"]["name"]
        if room.note("runtimes", refusal_of(partial(kube.create, runtime))):
            user = trainjob(room.namespace, f"on-{name}", name)
            room.note("TrainJobs on them", refusal_of(partial(kube.create, user)))
    taken = [
        job["metadata"]["name"]
        for job in trainjobs(SEED, room.namespace, PAIRS)
        if room.note("TrainJobs", refusal_of(partial(kube.create, job)))
    ]
    await_settled(kube, room.namespace)
    for name, change in zip(taken, changes(SEED, PAIRS), strict=False):
        room.note("changes", refusal_of(partial(kube.patch, "TrainJob", room.namespace, name, {"spec": change})))
    await_settled(kube, room.namespace)


def await_settled(kube: Kube, namespace: str) -> None:
    """Wait until every TrainJob of the operator runs or says why not."""
    eventually(lambda: unsettled(kube, namespace) == "none", every_s=1)


def unsettled(kube: Kube, namespace: str) -> str:
    outcomes = outcomes_in(kube, namespace)
    return "; ".join(str(each) for each in outcomes if each.is_ours and not each.is_settled) or "none"


@pytest.mark.parametrize("which", ROOMS)
def test_every_answer_is_yes_or_no_and_why(rooms: dict[str, Room], which: str) -> None:
    room = rooms[which]
    print(json.dumps(room.answers))
    assert {answer for counts in room.answers.values() for answer in counts} <= {"taken", *REFUSALS}
    assert [str(refusal) for refusal in room.refusals if not json.loads(refusal.answer)["message"]] == []
    assert {what for what, counts in room.answers.items() if counts["taken"] < 10} == set()
    assert sum(counts["422"] for counts in room.answers.values()) > 20
    denied = [refusal for refusal in room.refusals if "admission webhook" in refusal.answer]
    assert len(denied) > 20 if which == "guarded" else denied == []


@pytest.mark.parametrize("which", ROOMS)
def test_what_was_admitted_is_run_or_explained(rooms: dict[str, Room], kube: Kube, which: str) -> None:
    outcomes = outcomes_in(kube, rooms[which].namespace)
    ours = [outcome for outcome in outcomes if outcome.is_ours]
    counts = Counter(word for outcome in ours for word in outcome.words())
    print(f"{len(ours)} TrainJobs: {dict(counts)}")
    assert [str(outcome) for outcome in ours if not outcome.is_settled] == []
    assert counts["run"] > 20
    assert counts["suspended"] > 3
    assert counts["explained"] > (3 if which == "guarded" else 15)


@pytest.mark.parametrize("which", ROOMS)
def test_what_somebody_else_runs_is_left_alone(rooms: dict[str, Room], kube: Kube, which: str) -> None:
    others = [outcome for outcome in outcomes_in(kube, rooms[which].namespace) if not outcome.is_ours]
    assert len(others) > 1
    assert [str(outcome) for outcome in others if outcome.jobs or "status" in outcome.job] == []


@pytest.mark.usefixtures("operator")
def test_patches_that_no_pod_can_have_are_told_and_may_be_put_right(kube: Kube, namespace: str) -> None:
    right, wrong = (
        [patch(f"acme.io/{step}", job=step, pod={"nodeSelector": {"kubernetes.io/os": system}}) for step in STEPS]
        for system in ("linux", "no label!")
    )
    kube.create(stub_runtime(namespace))
    kube.create(trainjob(namespace, NAME, suspend=True, runtimePatches=right))
    await_condition(kube, namespace, NAME, "Suspended")

    kube.patch("TrainJob", namespace, NAME, {"spec": {"runtimePatches": wrong}})
    kube.patch("TrainJob", namespace, NAME, {"spec": {"suspend": False}})
    told = await_condition(kube, namespace, NAME, "Stalled")
    assert told["reason"] == "ChildRefused"
    assert "no label!" in told["message"]

    kube.patch("TrainJob", namespace, NAME, {"spec": {"suspend": True, "runtimePatches": right}})
    eventually(lambda: conditions_of(kube, namespace, NAME).keys() == {"Suspended"})
    kube.patch("TrainJob", namespace, NAME, {"spec": {"suspend": False}})
    await_complete(kube, namespace, NAME)
    assert conditions_of(kube, namespace, NAME).keys() == {"Complete"}


@pytest.mark.usefixtures("operator")
def test_a_runtime_that_is_broken_and_mended_keeps_nobody_for_good(kube: Kube, namespaces: Namespaces) -> None:
    namespace = unguarded(kube, namespaces)
    kube.create(stub_runtime(namespace))
    kube.create(trainjob(namespace, "before", suspend=True))
    await_condition(kube, namespace, "before", "Suspended")

    kube.patch("TrainingRuntime", namespace, RUNTIME, {"spec": {"mlPolicy": {"torch": None, "mpi": {}}}})
    kube.create(trainjob(namespace, "between"))
    assert await_condition(kube, namespace, "between", "Stalled")["reason"] == "UnsupportedRuntime"
    kube.patch("TrainJob", namespace, "before", {"spec": {"suspend": False}})
    kube.delete("TrainingRuntime", namespace, RUNTIME)
    eventually(lambda: conditions_of(kube, namespace, "between")["Stalled"]["reason"] == "RuntimeNotFound")
    await_complete(kube, namespace, "before")

    kube.create(stub_runtime(namespace))
    await_complete(kube, namespace, "between")
    for name in ("before", "between"):
        assert conditions_of(kube, namespace, name).keys() == {"Complete"}


@pytest.mark.usefixtures("operator")
def test_whatever_a_trainjob_was_meanwhile_it_ends_as_if_it_had_not_been(kube: Kube, namespaces: Namespaces) -> None:
    undisturbed, *changed = [unguarded(kube, namespaces) for _ in range(4)]
    for namespace in (undisturbed, *changed):
        kube.create(stub_runtime(namespace))
        kube.create(trainjob(namespace, NAME, suspend=True))
        await_settled(kube, namespace)
    various = changes(SEED, PAIRS)
    told = Counter(word for wrong in WRONG for word in change_and_restore(kube, changed, various, wrong))
    print(dict(told))
    assert told["explained"] >= len(WRONG) * len(changed)

    for namespace in (undisturbed, *changed):
        kube.patch("TrainJob", namespace, NAME, {"spec": {"suspend": False}})
    for namespace in (undisturbed, *changed):
        await_complete(kube, namespace, NAME)
    assert [end_of(kube, namespace) for namespace in changed] == [end_of(kube, undisturbed)] * len(changed)


def end_of(kube: Kube, namespace: str) -> EndState:
    """Look at the end, but for the resumption: it is forgotten only if the trainer was seen while it ran."""
    state = end_state(kube, namespace, NAME)
    return replace(state, conditions=tuple(condition for condition in state.conditions if condition[1] == "True"))


def change_and_restore(kube: Kube, namespaces: Sequence[str], various: Iterator[Body], wrong: Body) -> Iterator[str]:
    """Change TrainJobs that wait, each in its own way, then wrongly; say what they came to; then all is as it was."""
    for namespace, change in zip(namespaces, various, strict=False):
        original = kube.get("TrainJob", namespace, NAME)["spec"]
        for step in (change, wrong):
            refusal_of(partial(kube.patch, "TrainJob", namespace, NAME, {"spec": step | {"suspend": True}}))
            await_settled(kube, namespace)
            [outcome] = outcomes_in(kube, namespace)
            yield from outcome.words()
        now = kube.get("TrainJob", namespace, NAME)["spec"]
        kube.patch("TrainJob", namespace, NAME, {"spec": dict.fromkeys(now) | original})
        await_settled(kube, namespace)
        assert conditions_of(kube, namespace, NAME).keys() == {"Suspended"}


def test_nothing_of_all_this_surprised_the_operator(rooms: dict[str, Room], operator: Installation) -> None:
    assert rooms.keys() == set(ROOMS)
    assert set(operator.restarts().values()) == {0}
    ours = f"--selector=app.kubernetes.io/name={RELEASE}"
    log = operator.kubectl("logs", ours, f"--namespace={SYSTEM}", "--tail=-1").splitlines()
    assert [line for line in log if "leading as" in line]
    assert [line for line in log if BUGS.search(line)] == []
    assert [line for line in log if "next try in" in line and "is invalid" in line] == []
