"""The status of a TrainJob on a real API server: what is kept, and what is refused."""

from collections.abc import Iterator

import pytest
from tests.cluster.crds import Api, Body, install, trainjob
from tests.devcluster import Cluster

STEPS = ("ready", "succeeded", "failed", "active", "suspended")


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    install(cluster)
    api = Api(cluster, "default")
    created = api.create(trainjob() | {"status": {"conditions": []}})
    assert "status" not in created
    yield api
    cluster.kubectl("delete", "trainjob", "job", "--namespace=default")


def condition(**fields: object) -> Body:
    return {
        "type": "Stalled",
        "status": "True",
        "reason": "RuntimeNotFound",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        **fields,
    }


def job_status(**fields: object) -> Body:
    return {"name": "node", **dict.fromkeys(STEPS, 0), **fields}


def without(body: Body, field: str) -> Body:
    return {key: value for key, value in body.items() if key != field}


REFUSED_STATUSES: dict[str, tuple[Body, str]] = {
    "nothing": ({}, "status: Invalid value: 0:  in body should have at least 1 properties"),
    "no reason": ({"conditions": [condition(reason="")]}, 'status.conditions[0].reason: Invalid value: ""'),
    "a reason with a blank": (
        {"conditions": [condition(reason="not found")]},
        "conditions[0].reason in body should match",
    ),
    "a status of its own": ({"conditions": [condition(status="Maybe")]}, 'Unsupported value: "Maybe"'),
    "no message": ({"conditions": [without(condition(), "message")]}, "status.conditions[0].message: Required value"),
    "no time": (
        {"conditions": [without(condition(), "lastTransitionTime")]},
        "status.conditions[0].lastTransitionTime: Required value",
    ),
    "no point in time": (
        {"conditions": [condition(lastTransitionTime="yesterday")]},
        "conditions[0].lastTransitionTime in body must be of type date-time",
    ),
    "one type twice": ({"conditions": [condition(), condition()]}, "status.conditions[1]: Duplicate value"),
    "9 conditions": ({"conditions": [condition(type=f"T{n}") for n in range(9)]}, "status.conditions: Too many: 9"),
    **{
        f"no count of {count}": (
            {"jobsStatus": [without(job_status(), count)]},
            f"status.jobsStatus[0].{count}: Required value",
        )
        for count in STEPS
    },
    "a negative count": (
        {"jobsStatus": [job_status(active=-1)]},
        "status.jobsStatus[0].active: Invalid value: -1",
    ),
    "101 jobs": (
        {"jobsStatus": [job_status(name=f"j{n}") for n in range(101)]},
        "status.jobsStatus: Too many: 101: must have at most 100",
    ),
    "progress without its time": (
        {"trainerStatus": {"progressPercentage": 1}},
        "lastUpdatedTime is required when trainerStatus is present",
    ),
    "more than all": (
        {"trainerStatus": {"progressPercentage": 101, "lastUpdatedTime": "2026-01-01T00:00:00Z"}},
        "status.trainerStatus.progressPercentage: Invalid value: 101",
    ),
    "a phase that is a sentence": (
        {"progress": {"phase": "It trains."}},
        'status.progress.phase: Invalid value: "It trains."',
    ),
    "a curve of 65 points": (
        {"progress": {"curve": [{"step": n, "loss": "1"} for n in range(65)]}},
        "status.progress.curve: Too many: 65: must have at most 64 items",
    ),
    "a loss that is none": (
        {"progress": {"curve": [{"step": 1, "loss": "nan"}]}},
        'status.progress.curve[0].loss: Invalid value: "nan"',
    ),
    "a metric as a number": (
        {"trainerStatus": {"metrics": [{"name": "loss", "value": 1}], "lastUpdatedTime": "2026-01-01T00:00:00Z"}},
        "trainerStatus.metrics[0].value in body must be of type string",
    ),
}


def test_a_status_is_kept_as_it_was_sent(api: Api, namespace: str) -> None:
    own = Api(api.cluster, namespace)
    own.create(trainjob())
    status = {
        "conditions": [condition(observedGeneration=1)],
        "jobsStatus": [job_status(active=1)],
        "trainerStatus": {
            "progressPercentage": 0,
            "estimatedRemainingSeconds": 0,
            "metrics": [{"name": "loss", "value": "1.5"}],
            "lastUpdatedTime": "2026-01-01T00:00:00.123456+00:00",
        },
        "progress": {
            "summary": "0%",
            "phase": "training",
            "step": 0,
            "steps": 10,
            "epoch": 1,
            "epochs": 2,
            "resumedFromStep": 0,
            "checkpoint": {"step": 0, "time": "2026-01-01T00:00:00Z", "bytes": 123456789012, "seconds": 3},
            "curve": [{"step": 1, "loss": "-1.5e-05"}],
        },
        "observedGeneration": 1,
        "startTime": "2026-01-01T00:00:00Z",
        "completionTime": "2026-01-01T00:00:01Z",
        "recipe": {
            "model": "llama3_2/1B",
            "method": "LoRA",
            "recipe": "lora_finetune_distributed",
            "config": "llama3_2/1B_lora",
            "numNodes": 1,
            "numProcPerNode": "auto",
        },
        "failure": {
            "job": "job-node-0",
            "pod": "job-node-0-0-abcde",
            "node": "node-0",
            "container": "node",
            "exitCode": 137,
            "reason": "OOMKilled",
            "logTail": "out of memory",
        },
        "output": {"claimName": "initializer-job", "path": "output"},
    }
    own.patch("trainjob", "job", {"status": status}, "--subresource=status")
    assert own.get("trainjob", "job")["status"] == status
    columns = own.cluster.kubectl("get", "trainjobs", f"--namespace={own.namespace}", "--no-headers").split()
    assert columns[:4] == ["job", "Stalled", "lora_finetune_distributed", "0%"]


@pytest.mark.parametrize(("status", "message"), REFUSED_STATUSES.values(), ids=REFUSED_STATUSES.keys())
def test_a_status_is_refused(api: Api, status: Body, message: str) -> None:
    assert message in api.refuse_patch("trainjob", "job", {"status": status}, "--subresource=status")
