"""What is a report, and what becomes of it; on a real API server: tests/cluster/controller/test_progress.py."""

import json
from typing import Any

import pytest

from trainjob_operator.api.trainjob import TrainJob, parse_trainjob
from trainjob_operator.controller.endpoints.reports import Application, Invalid, Report, apply_report, read_report

NOW = "2026-01-01T00:00:00Z"
KNOWN = {"progressPercentage": 40, "estimatedRemainingSeconds": 600, "lastUpdatedTime": NOW}
CURVE = [{"step": 1, "loss": "2.5"}, {"step": 2, "loss": "-1.5e-05"}]
PROGRESS: dict[str, Any] = {
    "phase": "training",
    "step": 4,
    "steps": 10,
    "epoch": 1,
    "epochs": 2,
    "resumedFromStep": 2,
    "checkpoint": {"step": 2, "time": NOW, "bytes": 123456789012, "seconds": 3},
    "curve": CURVE,
}


def read(content: object) -> Report | Invalid:
    return read_report(json.dumps(content).encode())


def good(content: object) -> Report:
    report = read(content)
    assert isinstance(report, Report)
    return report


def trainjob(**status: object) -> TrainJob:
    spec = {"runtimeRef": {"name": "r"}}
    return parse_trainjob({"metadata": {"name": "tune"}, "spec": spec, "status": status})


def test_a_report_is_dumped_as_it_was_sent_without_what_is_not_known() -> None:
    sent = {"trainerStatus": KNOWN, "progress": PROGRESS}

    assert good({**sent, "progress": PROGRESS | {"summary": "lies", "more": 1}, "x": 2}).dump() == sent


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"phase": None}, "progress.phase: Input should be a valid string"),
        ({"phase": ""}, "progress.phase: must have at least 1 characters"),
        ({"phase": "x" * 33}, "progress.phase: must have at most 32 characters, not 33"),
        ({"phase": "Down\n"}, "progress.phase: must be of the form ^[a-z][-a-z0-9 ]*$"),
        ({"step": -1}, "progress.step: must be at least 0"),
        ({"steps": 2**31}, "progress.steps: must be at most 2147483647"),
        ({"epoch": 1.5}, "progress.epoch: Input should be a valid integer"),
        ({"epochs": True}, "progress.epochs: Input should be a valid integer"),
        ({"resumedFromStep": "2"}, "progress.resumedFromStep: Input should be a valid integer"),
        ({"checkpoint": {"step": 1}}, "progress.checkpoint.time: Field required"),
        ({"checkpoint": {"step": 1, "time": "now"}}, "progress.checkpoint.time: Input should be a valid datetime"),
        ({"checkpoint": {"step": 1, "time": NOW[:-1]}}, "progress.checkpoint.time: must have a time zone"),
        (
            {"checkpoint": {"step": 1, "time": NOW, "bytes": 2**63}},
            "progress.checkpoint.bytes: must be at most 9223372036854775807",
        ),
        ({"curve": CURVE * 33}, "progress.curve: must have at most 64 items, not 66"),
        ({"curve": [{"step": 1, "loss": 2.5}]}, "progress.curve[0].loss: Input should be a valid string"),
        *(
            ({"curve": [{"step": 1, "loss": loss}]}, "progress.curve[0].loss: must")
            for loss in ("nan", "inf", "-Infinity", "", "1e9999", "1.", "two", "1" * 65, "0x10")
        ),
        ({"curve": [{"loss": "1"}]}, "progress.curve[0].step: Field required"),
    ],
    ids=str,
)
def test_nonsense_is_named(change: dict[str, Any], message: str) -> None:
    answer = read({"trainerStatus": KNOWN, "progress": PROGRESS | change})

    assert isinstance(answer, Invalid)
    assert answer.message.startswith(f"Invalid payload: {message}")


def test_much_nonsense_is_told_in_short() -> None:
    answer = read({"progress": {"phase": "x", "curve": [{"step": "x" * 1000, "loss": 1}] * 500}})

    assert isinstance(answer, Invalid)
    assert answer.message.endswith(" and 997 more")
    assert len(answer.message) < 500


@pytest.mark.parametrize("content", [{"trainerStatus": 1}, [], None, {"trainerStatus": {"lastUpdatedTime": NOW[:-1]}}])
def test_what_is_wrong_in_kubeflows_part_is_answered_as_kubeflow_does(content: object) -> None:
    assert read(content) == Invalid("Invalid payload")


def test_a_report_of_ours_is_applied_whole_with_a_summary() -> None:
    sent = {"trainerStatus": KNOWN, "progress": PROGRESS}

    assert apply_report(good(sent), None) == Application(
        {"trainerStatus": KNOWN, "progress": PROGRESS | {"summary": "40% 0:10:00"}}, "trainer-progress"
    )


def test_before_the_first_step_what_was_known_stays() -> None:
    known = trainjob(trainerStatus=KNOWN, progress=PROGRESS | {"summary": "40%"})

    assert apply_report(good({"progress": {"phase": "setup"}}), known) == Application(
        {"trainerStatus": KNOWN, "progress": {"phase": "setup", "summary": "setup 40%"}}, "trainer-progress"
    )
    assert apply_report(good({"progress": {"phase": "setup"}}), None) == Application(
        {"progress": {"phase": "setup", "summary": "setup"}}, "trainer-progress"
    )


def test_the_callbacks_report_is_of_another_manager_and_removes_nothing_of_ours() -> None:
    known = trainjob(trainerStatus=KNOWN, progress=PROGRESS)

    assert apply_report(good({"trainerStatus": KNOWN | {"progressPercentage": 41}}), known) == Application(
        {"trainerStatus": KNOWN | {"progressPercentage": 41}, "progress": {"summary": "41% 0:10:00"}}, "trainer-status"
    )


def test_a_callback_that_says_nothing_of_how_far_it_is_gets_no_summary() -> None:
    status = {"lastUpdatedTime": NOW}

    assert apply_report(good({"trainerStatus": status}), None) == Application(
        {"trainerStatus": status}, "trainer-status"
    )


def test_nothing_is_applied_of_nothing() -> None:
    assert apply_report(good({}), trainjob(trainerStatus=KNOWN)) is None


@pytest.mark.parametrize(
    ("status", "suspend", "summary"),
    [
        ({}, False, "saving 40%"),
        ({}, True, "40%"),
        ({"conditions": [{"type": "Failed", "status": "True", "reason": "R"}]}, False, "40%"),
        ({"conditions": [{"type": "Complete", "status": "True", "reason": "R"}]}, False, "100%"),
    ],
    ids=["it trains", "it is to wait", "it failed", "it is complete"],
)
def test_a_late_report_does_not_make_it_look_alive(status: dict[str, Any], suspend: bool, summary: str) -> None:
    job = trainjob(**status)
    job = job.model_copy(update={"spec": job.spec.model_copy(update={"suspend": suspend})})

    application = apply_report(good({"trainerStatus": KNOWN, "progress": {"phase": "saving"}}), job)

    assert application is not None
    assert application.status["progress"] == {"phase": "saving", "summary": summary}


def test_a_crd_of_kubeflows_is_told_what_it_knows() -> None:
    both = Application({"trainerStatus": KNOWN, "progress": PROGRESS}, "trainer-progress")

    assert both.without_progress() == Application({"trainerStatus": KNOWN}, "trainer-status")
    assert both.manifest("team", "tune")["metadata"] == {"name": "tune", "namespace": "team"}


def test_the_curve_is_not_kept_in_memory() -> None:
    status = trainjob(progress=PROGRESS).status

    assert status is not None
    assert status.progress is not None
    assert status.progress.step == 4
    assert status.progress.curve is None
