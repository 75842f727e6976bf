from trainjob_torchtune.report.pace import Pace


def test_nothing_is_known_without_a_step() -> None:
    assert Pace().remaining(100) is None


def test_a_slow_step_among_others_says_nothing_of_the_rest() -> None:
    pace = Pace()
    for seconds in (2.0, 2.0, 300.0, 2.0, 2.0):
        pace.add(seconds)

    assert pace.seconds_per_step == 2.0
    assert pace.remaining(10) == 20.0
    assert pace.remaining(-1) == 0.0


def test_a_training_that_becomes_slower_is_noticed() -> None:
    pace = Pace()
    for seconds in [1.0] * 1000 + [3.0] * 20:
        pace.add(seconds)

    assert pace.seconds_per_step == 3.0
