import pytest

from trainjob_operator.controller.kube.backoff import back_off


@pytest.mark.parametrize(("failures", "pause"), [(1, 1.0), (2, 2.0), (5, 16.0), (6, 30.0), (5000, 30.0)])
def test_pauses_double_up_to_the_longest(failures: int, pause: float) -> None:
    assert back_off(failures, first=1.0, longest=30.0, jitter=0.0) == pause


def test_jitter_spreads_them() -> None:
    pauses = {back_off(1, first=1.0, longest=30.0, jitter=0.25) for _ in range(100)}

    assert len(pauses) > 1
    assert all(0.75 <= pause <= 1.25 for pause in pauses)
