"""What an update may change, and when; T32: what a client loses on the way is no change."""

from typing import Any

import pytest
from tests.factories.objects import SDK
from tests.factories.requests import EARLIER, RUNTIME, STAMP, Body, body, creation, mutated, patch, update, updated

from trainjob_operator.admission.review import mutate, runtime_wanted, validate

LAST = "field is immutable: delete this TrainJob first, or give the changed one another name"
ENV = [{"name": "A", "value": ""}, {"name": "B", "value": "1"}]
MOUNTS = {"containers": [{"name": "node", "volumeMounts": [{"name": "d", "mountPath": "/d", "readOnly": False}]}]}
REDUCED = {"containers": [{"name": "node", "volumeMounts": [{"name": "d", "mountPath": "/d"}]}]}
ACTIVE = [{"name": "node", "ready": 0, "succeeded": 0, "failed": 0, "active": 1, "suspended": 0}]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ({}, {"runtimeRef": {"name": "other"}}, "spec.runtimeRef.name"),
        ({"trainer": {"args": ["a=1"]}}, {"trainer": {"args": ["a=2"]}}, "spec.trainer.args"),
        ({"trainer": {"env": ENV}}, {"trainer": {"env": ENV[:1]}}, "spec.trainer.env.B"),
        ({}, {"trainer": {}}, "spec.trainer"),
        ({"trainer": {"numNodes": 0}}, {"trainer": {}}, "spec.trainer.numNodes"),
        ({"trainer": {"numProcPerNode": 2}}, {"trainer": {"numProcPerNode": "auto"}}, "spec.trainer.numProcPerNode"),
        ({"trainer": {"command": SDK}}, {"trainer": {"command": [*SDK, "x"]}}, "spec.trainer.command"),
        (
            {"trainer": {"resourcesPerNode": {"limits": {"cpu": 1}}}},
            {"trainer": {"resourcesPerNode": {"limits": {"cpu": "1001m"}}}},
            "spec.trainer.resourcesPerNode.limits.cpu",
        ),
        (
            {"initializer": {"model": {"storageUri": ""}}},
            {"initializer": {"model": {}}},
            "spec.initializer.model.storageUri",
        ),
        ({"activeDeadlineSeconds": 5}, {"activeDeadlineSeconds": 6}, "spec.activeDeadlineSeconds"),
        ({"activeDeadlineSeconds": 5}, {}, "spec.activeDeadlineSeconds"),
        ({}, {"managedBy": "kueue.x-k8s.io/multikueue"}, "spec.managedBy"),
        ({"preRunningDeadlineSeconds": 5}, {}, "spec.preRunningDeadlineSeconds"),
        ({"workspace": {"size": "1Gi"}}, {"workspace": {"size": "2Gi"}}, "spec.workspace.size"),
        (
            {"workspace": {"size": 1, "storageClassName": ""}},
            {"workspace": {"size": 1}},
            "spec.workspace.storageClassName",
        ),
        ({"workspace": {"retentionPolicy": "Retain"}}, {}, "spec.workspace"),
        ({}, {"workspace": {"claimName": "mine"}}, "spec.workspace"),
    ],
)
def test_what_jobs_were_made_from_stays(old: Body, new: Body, field: str) -> None:
    request = update(body(**old), body(**new))

    for answer in (validate(request, None), mutate(request, None)):
        assert (answer.message, answer.is_invalid) == (f"{field}: {LAST}", True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"trainer": {"env": ENV}}, {"trainer": {"env": [{"name": "A"}, ENV[1]]}}, id="an empty value"),
        pytest.param({"trainer": {"env": ENV}}, {"trainer": {"env": ENV[::-1]}}, id="another order"),
        pytest.param({"trainer": {"args": [], "image": "i"}}, {"trainer": {"image": "i"}}, id="an empty list"),
        pytest.param({"initializer": {"model": {"env": []}}}, {"initializer": {"model": {}}}, id="what the SDK sends"),
        pytest.param(
            {"initializer": {"model": {"secretRef": {"name": ""}}}}, {"initializer": {"model": {}}}, id="no Secret"
        ),
        pytest.param(
            {"trainer": {"resourcesPerNode": {"limits": {"cpu": 2.0, "memory": "1024Mi"}}}},
            {"trainer": {"resourcesPerNode": {"limits": {"cpu": "2000m", "memory": "1Gi"}}}},
            id="quantities",
        ),
        pytest.param({"workspace": {"size": "1024Mi"}}, {"workspace": {"size": "1Gi"}}, id="a size"),
        pytest.param({"trainer": {"numProcPerNode": "auto"}}, {"trainer": {}}, id="a word for the default"),
        pytest.param(
            {"managedBy": "trainer.kubeflow.org/trainjob-controller"},
            {},
            id="a default",
        ),
    ],
)
def test_what_means_the_same_is_no_change_and_is_put_back(old: Body, new: Body) -> None:
    assert updated(body(**old), body(**new)).allowed
    spec = mutated(update(body(**old), body(**new)))
    assert {field: spec.get(field) for field in old if field in new} == {
        field: old[field] for field in old if field in new
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            {"trainer": {"command": SDK}},
            {"trainer": {"command": [*SDK, "full", "--config", "c"]}},
            id="expanded command",
        ),
        pytest.param({"preRunningDeadlineSeconds": 5}, {}, id="an unknown field"),
        pytest.param({"workspace": {"size": "1Gi"}}, {}, id="another unknown field"),
        pytest.param({"ttlSecondsAfterFinished": 0}, {}, id="an unknown field that is zero"),
        pytest.param(
            {"podTemplateOverrides": [{"targetJobs": [{"name": "node"}]}], "labels": {"a": "b"}}, {}, id="older shapes"
        ),
        pytest.param({"trainer": {"env": ENV}}, {"trainer": {"env": [{"name": "A"}, ENV[1]]}}, id="zero values"),
        pytest.param(
            {"runtimePatches": [patch(pod=MOUNTS, time=EARLIER)]},
            {"runtimePatches": [patch(pod=REDUCED, time=EARLIER)]},
            id="patches",
        ),
        pytest.param(
            {
                "runtimePatches": [
                    patch(pod={"terminationGracePeriodSeconds": 0, "nodeSelector": {"a": "b"}}, time=EARLIER)
                ]
            },
            {"runtimePatches": [patch(pod={"nodeSelector": {"a": "b"}}, time=EARLIER)]},
            id="an unknown field of a patch",
        ),
    ],
)
def test_t32_a_client_that_decodes_and_encodes_can_unsuspend(old: Body, new: Body) -> None:
    request = update(body(suspend=True, **old), body(suspend=False, **new))

    assert mutated(request) == body(suspend=False, **old)["spec"]
    assert validate(request, None).allowed, "without the other webhook, too"


def test_fields_that_were_put_back_are_told_of() -> None:
    request = update(body(suspend=True, ttlSecondsAfterFinished=5), body())

    [warning] = mutate(request, None).warnings

    assert warning == (
        "spec.ttlSecondsAfterFinished was missing in an update of spec.suspend or spec.runtimePatches and was kept:"
        " remove it in an update of its own"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"ttlSecondsAfterFinished": 5}, {}, id="time to live removed"),
        pytest.param({"ttlSecondsAfterFinished": 5}, {"ttlSecondsAfterFinished": 6}, id="time to live"),
        pytest.param({}, {"suspend": True}, id="suspend"),
        pytest.param({"suspend": True}, {"suspend": False}, id="resume"),
        pytest.param({"suspend": True}, {"suspend": True, "runtimePatches": [patch()]}, id="patch"),
        pytest.param({"suspend": True, "labels": {"a": "b"}}, {"suspend": True}, id="labels of v2.0 removed"),
    ],
)
def test_what_may_change_does_and_needs_no_runtime(old: Body, new: Body) -> None:
    request = update(body(**old), body(**new))

    assert validate(request, None).allowed
    assert mutated(request).keys() == body(**new)["spec"].keys()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            {},
            {"runtimePatches": [patch()]},
            "spec.runtimePatches: RuntimePatches can only be modified when the TrainJob is suspended before or after"
            " the update: set spec.suspend to true first",
            id="while it runs",
        ),
        pytest.param(
            {},
            {"annotations": {"a": "b"}},
            "spec.annotations: spec.annotations can only be modified when",
            id="older shape",
        ),
        pytest.param(
            {"suspend": True, "jobs": ACTIVE},
            {"suspend": True, "runtimePatches": [patch()]},
            "spec.runtimePatches: RuntimePatches cannot be modified when the JobSet's ReplicatedJob node is still"
            " active: wait until its pods are gone",
            id="still active",
        ),
        pytest.param(
            {"suspend": True, "runtimePatches": [patch(pod={"serviceAccountName": "a"})]},
            {"suspend": True, "runtimePatches": [patch(pod={"serviceAccountName": "b"})]},
            "spec.runtimePatches[acme.io/me][node].serviceAccountName: field is immutable; nodeSelector,",
            id="what Jobs cannot change",
        ),
        pytest.param(
            {"suspend": True},
            {"suspend": True, "runtimePatches": [patch(job="nodes")]},
            "must not have replicated job that doesn't exist in the runtime job template: nodes",
            id="an unknown job",
        ),
    ],
)
def test_patches(old: dict[str, Any], new: Body, message: str) -> None:
    answer = updated(body(**old), body(**new))

    assert not answer.allowed
    assert message in answer.message


@pytest.mark.parametrize(
    ("old", "new", "time"),
    [
        pytest.param(None, patch(), STAMP, id="new"),
        pytest.param(None, patch(time=EARLIER), EARLIER, id="new with a time"),
        pytest.param(patch(time=EARLIER), patch(), EARLIER, id="unchanged"),
        pytest.param(patch(time=EARLIER), patch(time=STAMP), EARLIER, id="unchanged but for the time"),
        pytest.param(patch(time=EARLIER), patch(pod={"nodeSelector": {"a": "b"}}, time=EARLIER), STAMP, id="changed"),
    ],
)
def test_when_a_patch_was_made(old: Body | None, new: Body, time: str) -> None:
    before = body(suspend=True, runtimePatches=[] if old is None else [old])

    assert mutated(update(before, body(suspend=True, runtimePatches=[new])))["runtimePatches"] == [
        {**new, "time": time}
    ]
    if old is None:
        assert mutated(creation(body(runtimePatches=[new])))["runtimePatches"] == [{**new, "time": time}]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(body(trainer={"args": [1]}), body(trainer={"args": [1]}), id="only metadata or status"),
        pytest.param(
            body(), {**body(runtimeRef={}), "metadata": {"deletionTimestamp": STAMP, "name": "j"}}, id="being deleted"
        ),
    ],
)
def test_updates_of_no_concern_pass(old: Body, new: Body) -> None:
    for kind in ("TrainJob", "TrainingRuntime"):
        request = update(old, new, kind)
        assert validate(request, None).allowed
        assert mutate(request, None).patch == ()
        assert runtime_wanted(request) is None


def test_a_stored_object_that_does_not_fit_can_be_mended() -> None:
    request = update(body(trainer={"args": [1]}), body(trainer={"args": ["a=1"]}))

    assert validate(request, RUNTIME).allowed
    assert mutated(request) == request.new["spec"]


def test_no_runtime_is_wanted_where_it_decides_nothing() -> None:
    assert runtime_wanted(update(body(), body(suspend=True))) is None
    assert runtime_wanted(update(body(suspend=True), body(suspend=True, runtimePatches=[patch()]))) is not None
