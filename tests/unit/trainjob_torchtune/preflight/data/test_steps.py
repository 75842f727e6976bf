import pytest
from tests.factories.training import batches

from trainjob_torchtune.preflight.data.steps import check_steps
from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import Batches


@pytest.mark.parametrize(
    ("rows", "batch", "processes", "is_enough"),
    [
        pytest.param(32, batches(4, 8), 1, True, id="just-enough"),
        pytest.param(31, batches(4, 8), 1, False, id="one-too-few"),
        pytest.param(63, batches(4, 8), 2, True, id="a-row-is-repeated"),
        pytest.param(62, batches(4, 8), 2, False, id="too-few-for-two"),
        pytest.param(62, batches(4, 8, tensor_parallel=2), 2, True, id="both-see-the-same-rows"),
        pytest.param(29, batches(4, 8, keeps_last=True), 1, True, id="the-last-batch-counts"),
        pytest.param(28, batches(4, 8, keeps_last=True), 1, False, id="there-is-no-last-batch"),
        pytest.param(0, batches(), 1, False, id="nothing"),
    ],
)
def test_rows_make_a_step(rows: int, batch: Batches, processes: int, *, is_enough: bool) -> None:
    assert (check_steps(rows, batch, Topology(1, processes, 0)) is None) is is_enough


@pytest.mark.parametrize(
    ("rows", "batch", "remedy"),
    [
        (9, batches(4, 8), "set gradient_accumulation_steps to 2 or less"),
        (3, batches(4, 8), "set batch_size to 3 or less and gradient_accumulation_steps=1"),
        (0, batches(4, 8), "check the data set"),
    ],
)
def test_the_remedy_is_one(rows: int, batch: Batches, remedy: str) -> None:
    violation = check_steps(rows, batch, Topology(1, 1, 0))

    assert violation is not None
    assert violation.message.endswith(f"use more rows, or {remedy}.")
