import time

from trainjob_initializer.download.activity import Activity


def test_a_pause_that_the_hub_asks_for_is_waited_for() -> None:
    activity = Activity()

    activity.allow_pause(60)

    assert 59 < activity.pause_s() <= 60
    assert activity.silent_s() < 0
    assert activity.fruitless_s() < 0


def test_a_pause_counts_once() -> None:
    activity = Activity()

    for _ in range(100):
        activity.allow_pause(60)

    assert -60 <= activity.fruitless_s() < -59


def test_no_pause_is_longer_than_ten_minutes() -> None:
    activity = Activity()

    activity.allow_pause(10_000)

    assert activity.pause_s() <= 600


def test_what_arrives_ends_the_waiting() -> None:
    activity = Activity()
    activity.allow_pause(0.5)

    activity.gain(10)

    assert activity.fruitless_s() >= 0


def test_time_spent_elsewhere_is_not_the_hubs() -> None:
    activity = Activity(gained_at=0.0)
    before, began = activity.fruitless_s(), time.monotonic()

    with activity.elsewhere():
        sum(range(10_000_000))

    assert activity.fruitless_s() - before < (time.monotonic() - began) * 0.9
