from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from trainjob_operator.api.status import JobStatus, TrainJobStatus
from trainjob_operator.api.trainjob import TrainJob, parse_trainjob
from trainjob_operator.errors import InvalidObjectError

Body = dict[str, Any]


def body(**spec: object) -> Body:
    return {
        "metadata": {"name": "job", "namespace": "team", "uid": "u", "resourceVersion": "1", "generation": 2},
        "spec": {"runtimeRef": {"name": "tiny"}, **spec},
    }


def dumped(job: TrainJob) -> Body:
    dump: Body = job.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return dump


SPECS: dict[str, Body] = {
    "only a runtime": {},
    "a trainer of nothing": {"trainer": {}},
    "cleared arguments": {"trainer": {"args": [], "command": ["tune", "run"]}},
    "no nodes": {"trainer": {"numNodes": 0, "env": []}},
    "an empty URI": {"initializer": {"dataset": {"storageUri": "", "env": []}}},
    "not suspended": {"suspend": False},
    "raw arguments": {"trainer": {"args": ["dataset.column_map={'a': \"b's\"}", "x=a=b", "  # ", ""]}},
    "an empty variable": {"trainer": {"env": [{"name": "A", "value": ""}]}},
    "a variable from elsewhere": {
        "initializer": {
            "model": {
                "storageUri": "hf://example/tiny",
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": False}}}],
                "secretRef": {"name": "token"},
            }
        }
    },
    "quantities of all kinds": {
        "trainer": {
            "resourcesPerNode": {
                "limits": {"nvidia.com/gpu": 1.0, "cpu": 8, "memory": "64Gi"},
                "requests": {"cpu": "0.5"},
                "claims": [{"name": "c", "request": "r"}],
            }
        }
    },
    "a deadline": {"activeDeadlineSeconds": 3600, "managedBy": "trainer.kubeflow.org/trainjob-controller"},
    "a patch": {
        "runtimePatches": [
            {
                "manager": "acme.io/queue",
                "time": "2026-01-01T00:00:00Z",
                "trainingRuntimeSpec": {
                    "template": {
                        "metadata": {"labels": {}},
                        "spec": {
                            "replicatedJobs": [
                                {
                                    "name": "node",
                                    "template": {
                                        "spec": {
                                            "template": {
                                                "spec": {
                                                    "nodeSelector": {},
                                                    "tolerations": [{"operator": "Exists"}],
                                                    "schedulingGates": [],
                                                    "terminationGracePeriodSeconds": 0,
                                                    "containers": [
                                                        {
                                                            "name": "node",
                                                            "volumeMounts": [
                                                                {"name": "a", "mountPath": "/a", "readOnly": False}
                                                            ],
                                                        }
                                                    ],
                                                }
                                            }
                                        }
                                    },
                                }
                            ]
                        },
                    }
                },
            }
        ]
    },
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_a_trainjob_comes_out_as_it_went_in(spec: Body) -> None:
    assert dumped(parse_trainjob(body(**spec))) == body(**spec)


def test_absent_is_not_empty() -> None:
    absent, empty = (
        parse_trainjob(body(trainer={})).spec,
        parse_trainjob(body(trainer={"args": [], "numNodes": 0})).spec,
    )
    assert absent.trainer is not None
    assert empty.trainer is not None
    assert (absent.trainer.args, absent.trainer.num_nodes) == (None, None)
    assert (empty.trainer.args, empty.trainer.num_nodes) == ((), 0)
    assert parse_trainjob(body()).spec.trainer is None


def test_what_the_schema_defaults() -> None:
    ref = parse_trainjob(body()).spec.runtime_ref
    assert (ref.api_group, ref.kind) == ("trainer.kubeflow.org", "ClusterTrainingRuntime")


def test_numbers_keep_their_kind() -> None:
    spec = {"trainer": {"resourcesPerNode": {"limits": {"a": 2, "b": 2.0, "c": "2"}}}}
    trainer = parse_trainjob(body(**spec)).spec.trainer
    assert trainer is not None
    assert trainer.resources_per_node is not None
    assert repr(trainer.resources_per_node.limits) == "{'a': 2, 'b': 2.0, 'c': '2'}"


def test_unknown_fields_are_dropped() -> None:
    assert dumped(parse_trainjob(body(restartPolicy="Never", trainer={"gpus": 2}))) == body(trainer={})


def test_it_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        parse_trainjob(body()).spec.suspend = True  # type: ignore[misc] # that it is refused is what is shown


def test_a_status_says_nothing_about_what_is_not_there() -> None:
    status = TrainJobStatus(
        jobs_status=(JobStatus(name="node", ready=0, succeeded=1, failed=0, active=0, suspended=0),),
        observed_generation=2,
        start_time=datetime(2026, 1, 1, tzinfo=UTC),
    )
    wire = {
        "jobsStatus": [{"name": "node", "ready": 0, "succeeded": 1, "failed": 0, "active": 0, "suspended": 0}],
        "observedGeneration": 2,
        "startTime": "2026-01-01T00:00:00Z",
    }
    assert status.model_dump(mode="json", by_alias=True, exclude_none=True) == wire
    assert parse_trainjob({**body(), "status": wire}).status == status


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (body(trainer={"args": "epochs=1"}), "TrainJob team/job: spec.trainer.args: Input should be a valid tuple"),
        (body(runtimeRef={}), "TrainJob team/job: spec.runtimeRef.name: Field required"),
        ({"metadata": {"name": "job"}}, "TrainJob job: spec: Field required"),
        ({"metadata": {}, "spec": None}, "TrainJob without a name: spec: Input should be"),
        ([], "TrainJob without metadata: : Input should be"),
        (
            {**body(suspend="maybe"), "status": {"jobsStatus": [{}]}},
            "spec.suspend: Input should be a valid boolean, unable to interpret input; status.jobsStatus.0.name: Field",
        ),
    ],
    ids=["wrong type", "missing field", "no namespace", "no name", "no object", "several"],
)
def test_what_does_not_fit_is_named(broken: object, message: str) -> None:
    with pytest.raises(InvalidObjectError) as error:
        parse_trainjob(broken)
    assert message in str(error.value)


def test_values_do_not_get_into_the_message() -> None:
    with pytest.raises(InvalidObjectError) as error:
        parse_trainjob(body(initializer={"model": {"env": [{"name": "ACCESS_TOKEN", "value": ["secret"]}]}}))
    assert "secret" not in str(error.value)
