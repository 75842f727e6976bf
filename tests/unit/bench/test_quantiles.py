import pytest
from tests.bench.quantiles import Quantiles, quantiles


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([7.0], Quantiles(1, 7.0, 7.0, 7.0, 7.0, 7.0), id="one"),
        pytest.param([2.0, 1.0], Quantiles(2, 1.0, 2.0, 2.0, 2.0, 2.0), id="two, unordered"),
        pytest.param([float(n) for n in range(1, 101)], Quantiles(100, 50.0, 90.0, 95.0, 99.0, 100.0), id="a hundred"),
    ],
)
def test_nearest_rank(values: list[float], expected: Quantiles) -> None:
    assert quantiles(values) == expected
