from trainjob_operator.controller.endpoints.cadence import Cadence, Turns


def test_few_report_every_ten_seconds_and_many_twenty_times_a_second_together() -> None:
    assert {count: Cadence(lambda count=count: count).seconds(0) for count in (0, 1, 200, 201, 1000, 10**6)} == {  # type: ignore[misc]  # mypy: the default
        0: 10,
        1: 10,
        200: 10,
        201: 11,
        1000: 50,
        10**6: 3600,
    }


def test_they_are_counted_now_and_then() -> None:
    counts = iter([400, 800])
    cadence = Cadence(lambda: next(counts))

    assert [cadence.seconds(now) for now in (0, 1, 4.9, 5, 9)] == [20, 20, 20, 40, 40]


def test_a_pod_reports_once_a_second_and_may_begin_with_more() -> None:
    turns = Turns()

    assert [turns.take("a", 0) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    assert turns.take("b", 0) == 0, "another pod has turns of its own"
    assert turns.take("a", 0.75) == 0.25
    assert turns.take("a", 1) == 0
    assert turns.take("a", 1.5) == 0.5


def test_the_callback_of_kubeflows_sdk_never_waits() -> None:
    turns = Turns()

    assert {turns.take("a", 5.0 * number) for number in range(100)} == {0}


def test_only_so_many_pods_are_remembered() -> None:
    turns = Turns()
    for number in range(20_000):
        turns.take(str(number), number)

    assert len(turns._pods) == 16384
