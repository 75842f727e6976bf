from weakref import WeakSet

from trainjob_operator.controller.work.pacing import Pacer


def test_a_change_waits_from_when_it_was_first_seen() -> None:
    pacer = Pacer(3)

    assert [pacer.seconds_left(now) for now in (10.0, 12.0, 13.0)] == [3, 1, 0]


def test_a_change_that_is_undone_was_none() -> None:
    pacer = Pacer(3)
    pacer.seconds_left(10.0)
    pacer.settle()

    assert not pacer.is_waiting()
    assert pacer.seconds_left(20.0) == 3


def test_changes_that_keep_coming_wait_longer_up_to_a_limit() -> None:
    pacer, now, waits = Pacer(3), 0.0, []
    for _ in range(5):
        waits.append(pacer.seconds_left(now))
        now += waits[-1]
        pacer.note_write(now, with_more=False)

    assert waits == [3, 6, 12, 12, 12]


def test_after_a_quiet_time_changes_are_written_soon_again() -> None:
    pacer = Pacer(3)
    for now in (3.0, 9.0):
        pacer.note_write(now, with_more=False)

    assert pacer.seconds_left(50.0) == 3


def test_a_condition_takes_the_counts_along() -> None:
    pacer = Pacer(3)
    pacer.seconds_left(10.0)
    pacer.note_write(11.0, with_more=True)

    assert not pacer.is_waiting()
    assert pacer.seconds_left(11.0) == 3


def test_a_minor_change_waits_until_one_that_matters_joins_it() -> None:
    pacer = Pacer(3)

    assert pacer.seconds_left(10.0, minor=True) == 30
    assert pacer.seconds_left(20.0, minor=False) == -7


def test_no_delay() -> None:
    assert Pacer(0).seconds_left(10.0) == 0


def test_while_many_wait_each_waits_longer_up_to_a_limit() -> None:
    waiting: WeakSet[Pacer] = WeakSet()
    pacers = [Pacer(3, waiting) for _ in range(60)]

    waits = [pacer.seconds_left(10.0) for pacer in pacers]

    assert (waits[9], waits[19], waits[39], waits[59]) == (3, 6, 12, 12)


def test_who_was_written_or_forgotten_keeps_nobody_waiting() -> None:
    waiting: WeakSet[Pacer] = WeakSet()
    pacers = [Pacer(3, waiting) for _ in range(20)]
    for pacer in pacers:
        pacer.seconds_left(10.0)

    pacers.pop(3).note_write(11.0, with_more=True)
    pacers.pop(2).settle()
    del pacers[-1], pacer

    assert pacers[0].seconds_left(10.0) == 3 * 17 / 10
