import math

import pytest

from trainjob_contract.progress import MOST_POINTS, Point
from trainjob_torchtune.report.curve import Curve


def grown(steps: int) -> Curve:
    curve = Curve()
    for step in range(1, steps + 1):
        curve.add(step, float(step))
    return curve


def test_a_short_training_has_a_point_a_step() -> None:
    assert grown(3).points == (Point(1, 1.0), Point(2, 2.0), Point(3, 3.0))


@pytest.mark.parametrize("steps", [1, 63, 64, 65, 127, 128, 129, 1000, 12345])
def test_however_long_it_has_few_points_from_start_to_end_in_order(steps: int) -> None:
    points = grown(steps).points

    assert len(points) <= MOST_POINTS
    assert len(points) >= min(steps, MOST_POINTS // 2)
    assert points[0].step <= max(1, steps // 16)
    assert points[-1].step == steps
    assert [point.step for point in points] == sorted({point.step for point in points})


def test_a_point_is_the_mean_of_its_steps() -> None:
    points = grown(64).points

    assert len(points) == 32
    assert points[:2] == (Point(2, 1.5), Point(4, 3.5))


def test_what_is_no_number_is_no_point() -> None:
    curve = Curve()
    for step, loss in enumerate((math.nan, 2.0, math.inf, -math.inf), start=1):
        curve.add(step, loss)

    assert curve.points == (Point(2, 2.0),)


def test_one_that_goes_on_has_no_step_twice() -> None:
    old = grown(100)

    curve = Curve.going_on(old.points, old.stride, 60)
    for step in range(61, 101):
        curve.add(step, float(step))

    assert curve.points == old.points


@pytest.mark.parametrize(("points", "stride"), [(200, 1), (0, 0), (3, -5)])
def test_whatever_is_remembered_there_are_few_points(points: int, stride: int) -> None:
    curve = Curve.going_on([Point(step, math.nan if step == 1 else 1.0) for step in range(points)], stride, 10**6)
    curve.add(10**6 + 1, 1.0)

    assert 0 < len(curve.points) <= MOST_POINTS
    assert all(math.isfinite(point.loss) for point in curve.points)
