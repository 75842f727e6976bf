from datetime import UTC, datetime

import pytest

from trainjob_operator.api.conditions import Condition, ConditionType, Reason, remove_condition, set_condition

THEN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
NOW_AS_STORED = NOW.replace(microsecond=0)

SUSPENDED = Condition(type="Suspended", status="True", reason="Suspended", last_transition_time=THEN)
STALLED = Condition(type="Stalled", status="True", reason="RuntimeNotFound", message="a", last_transition_time=THEN)


def test_a_new_condition_comes_last_with_the_time() -> None:
    new = Condition(type=ConditionType.FAILED, status="True", reason=Reason.FAILED_JOBS, message="b")
    stored = Condition(
        type="Failed", status="True", reason="FailedJobs", message="b", last_transition_time=NOW_AS_STORED
    )
    assert set_condition((SUSPENDED, STALLED), new, now=NOW) == (SUSPENDED, STALLED, stored)


def test_the_same_status_keeps_place_and_time() -> None:
    new = Condition(type=ConditionType.SUSPENDED, status="True", reason=Reason.SUSPENDED, message="c")
    kept = SUSPENDED.model_copy(update={"message": "c"})
    assert set_condition((SUSPENDED, STALLED), new, now=NOW) == (kept, STALLED)


def test_setting_twice_changes_nothing() -> None:
    new = Condition(type=ConditionType.STALLED, status="True", reason=Reason.NAME_TOO_LONG, message="d")
    once = set_condition((STALLED,), new, now=NOW)
    assert set_condition(once, new, now=datetime(2027, 1, 1, tzinfo=UTC)) == once


def test_another_status_moves_it_to_the_end_with_the_time() -> None:
    new = Condition(type=ConditionType.SUSPENDED, status="False", reason=Reason.RESUMED)
    stored = Condition(type="Suspended", status="False", reason="Resumed", last_transition_time=NOW_AS_STORED)
    assert set_condition((SUSPENDED, STALLED), new, now=NOW) == (STALLED, stored)


def test_a_message_that_no_status_could_hold_is_cut() -> None:
    new = Condition(type=ConditionType.STALLED, status="True", reason=Reason.INVALID_SPEC, message="🔥" * 40_000)

    conditions = set_condition((), new, now=NOW)

    assert len(conditions[0].message.encode()) <= 32768
    assert conditions[0].message.endswith("🔥 ...")
    assert set_condition(conditions, new, now=NOW) == conditions


def test_a_condition_is_removed() -> None:
    assert remove_condition((SUSPENDED, STALLED), ConditionType.STALLED) == (SUSPENDED,)
    assert remove_condition((SUSPENDED,), ConditionType.STALLED) == (SUSPENDED,)


def test_a_condition_on_the_wire() -> None:
    assert STALLED.model_dump(mode="json", exclude_none=True) == {
        "type": "Stalled",
        "status": "True",
        "reason": "RuntimeNotFound",
        "message": "a",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("red \x1b[31m and back\r", r"red \x1b[31m and back\r"),
        ("two\nlines", "two\nlines"),
        ("turned \u202e round", r"turned \u202e round"),
        ("日本語 - ok\u200c", "日本語 - ok\u200c"),
        ("\x00" * 100_000, None),
    ],
)
def test_a_message_has_nothing_in_it_that_a_terminal_acts_on(message: str, told: str | None) -> None:
    stalled = Condition(type="Stalled", status="True", reason="FailedJobs", message=message)

    [found] = set_condition((), stalled, now=datetime(2026, 1, 1, tzinfo=UTC))

    assert len(found.message) <= 8192
    assert told is None or found.message == told
    assert set_condition((found,), stalled, now=datetime(2027, 1, 1, tzinfo=UTC)) == (found,)
