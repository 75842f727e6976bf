from datetime import UTC, datetime
from typing import Any

import pytest

from trainjob_operator.api.conditions import Condition
from trainjob_operator.api.progress import ProgressStatus
from trainjob_operator.api.status import JobStatus, TrainerStatus, TrainJobStatus
from trainjob_operator.api.trainjob import TrainJob, parse_trainjob
from trainjob_operator.controller.work.events import build_event
from trainjob_operator.controller.work.status import status_patch
from trainjob_operator.reconciler.state import Event

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
COMPLETE = Condition(type="Complete", status="True", reason="AllJobsCompleted", message="done", last_transition_time=AT)
COUNTS = (JobStatus(name="node", ready=0, succeeded=1, failed=0, active=0, suspended=0),)
TESTS = [
    {"op": "test", "path": "/metadata/uid", "value": "trainjob-1"},
    {"op": "test", "path": "/metadata/resourceVersion", "value": "42"},
]
COUNTS_JSON = [{"name": "node", "ready": 0, "succeeded": 1, "failed": 0, "active": 0, "suspended": 0}]


def trainjob(status: dict[str, Any] | None = None) -> TrainJob:
    metadata = {"name": "tune", "namespace": "team", "uid": "trainjob-1", "resourceVersion": "42"}
    body: dict[str, Any] = {"metadata": metadata, "spec": {"runtimeRef": {"name": "r"}}}
    return parse_trainjob(body | ({"status": status} if status is not None else {}))


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        pytest.param(
            None,
            TrainJobStatus(jobs_status=COUNTS, observed_generation=1),
            [{"op": "add", "path": "/status", "value": {"jobsStatus": COUNTS_JSON, "observedGeneration": 1}}],
            id="the first status",
        ),
        pytest.param(
            {"jobsStatus": COUNTS_JSON, "observedGeneration": 1},
            TrainJobStatus(jobs_status=COUNTS, observed_generation=2),
            [{"op": "add", "path": "/status/observedGeneration", "value": 2}],
            id="one field",
        ),
        pytest.param(
            {"conditions": [{"type": "Stalled", "status": "True", "reason": "R"}], "jobsStatus": COUNTS_JSON},
            TrainJobStatus(jobs_status=COUNTS),
            [{"op": "remove", "path": "/status/conditions"}],
            id="a field less",
        ),
        pytest.param(
            {"startTime": "2026-01-01T12:00:00Z"},
            TrainJobStatus(conditions=(COMPLETE,), start_time=AT, completion_time=AT),
            [
                {
                    "op": "add",
                    "path": "/status/conditions",
                    "value": [
                        {
                            "type": "Complete",
                            "status": "True",
                            "reason": "AllJobsCompleted",
                            "message": "done",
                            "lastTransitionTime": "2026-01-01T12:00:00Z",
                        }
                    ],
                },
                {"op": "add", "path": "/status/completionTime", "value": "2026-01-01T12:00:00Z"},
            ],
            id="conditions and times",
        ),
        pytest.param(
            {"trainerStatus": {"progressPercentage": 5}},
            TrainJobStatus(trainer_status=TrainerStatus(progress_percentage=3), observed_generation=1),
            [{"op": "add", "path": "/status/observedGeneration", "value": 1}],
            id="what the trainer reports is not ours",
        ),
        pytest.param(
            {"progress": {"phase": "training", "summary": "38% 0:13:05", "curve": [{"step": 1, "loss": "2"}]}},
            TrainJobStatus(progress=ProgressStatus(phase="training", summary="38%")),
            [{"op": "add", "path": "/status/progress/summary", "value": "38%"}],
            id="the summary of it is",
        ),
        pytest.param(
            {"progress": {"phase": "setup", "summary": "setup"}},
            TrainJobStatus(progress=ProgressStatus(phase="setup")),
            [{"op": "remove", "path": "/status/progress/summary"}],
            id="nothing to say of it",
        ),
        pytest.param(
            {"trainerStatus": {"progressPercentage": 5}},
            TrainJobStatus(progress=ProgressStatus(summary="100%")),
            [{"op": "add", "path": "/status/progress", "value": {"summary": "100%"}}],
            id="the first summary",
        ),
        pytest.param(
            {"progress": {"phase": "training", "summary": "38%"}},
            TrainJobStatus(progress=ProgressStatus(phase="training", summary="38%")),
            [],
            id="the same summary",
        ),
    ],
)
def test_patch(old: dict[str, Any] | None, new: TrainJobStatus, changes: list[dict[str, Any]]) -> None:
    assert status_patch(trainjob(old), new) == TESTS + changes


EVENT = Event("Normal", "AllJobsCompleted", "done")
STATUS = TrainJobStatus(conditions=(COMPLETE,))


def test_an_event_is_one_that_clients_see() -> None:
    event = build_event(trainjob(), STATUS, EVENT, datetime(2030, 1, 1, tzinfo=UTC))

    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-01-01T12:00:00Z"
    assert event["involvedObject"]["uid"] == "trainjob-1"
    assert event["source"] == {"component": "trainjob-operator"}
    assert (event["type"], event["reason"], event["count"]) == ("Normal", "AllJobsCompleted", 1)


def test_the_same_transition_has_the_same_name() -> None:
    names = {
        build_event(trainjob(), STATUS, EVENT, datetime(2030, 1, 1, tzinfo=UTC))["metadata"]["name"],
        build_event(trainjob(), STATUS, EVENT, datetime(2031, 1, 1, tzinfo=UTC))["metadata"]["name"],
    }
    later = COMPLETE.model_copy(update={"last_transition_time": datetime(2027, 1, 1, tzinfo=UTC)})
    other = build_event(trainjob(), TrainJobStatus(conditions=(later,)), EVENT, AT)["metadata"]["name"]

    assert len(names) == 1
    assert other not in names


def test_a_long_message_is_cut() -> None:
    event = build_event(trainjob(), STATUS, Event("Warning", "R", "x" * 3000), AT)

    assert len(event["message"]) == 1024
