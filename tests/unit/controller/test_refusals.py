"""What is made of the API server's words."""

import pytest

from trainjob_operator.controller.refusals import _without_random_name

LONG = f"{'n' * 39}-dataset-initializer-0"


@pytest.mark.parametrize(
    ("job", "first", "second"),
    [
        pytest.param("j-node-0", "j-node-0-0-abcde", "j-node-0-0-fghij", id="indexed"),
        pytest.param("j-node-0", "j-node-0-abcde", "j-node-0-fghij", id="not indexed"),
        pytest.param(LONG, f"{LONG[:55]}-0-abcde", f"{LONG[:55]}-0-fghij", id="a long name, cut by Kubernetes"),
    ],
)
def test_a_refusal_reads_the_same_whatever_the_pod_is_called(job: str, first: str, second: str) -> None:
    words = [f'Error creating: pods "{name}" is forbidden: exceeded quota' for name in (first, second)]

    assert _without_random_name(job, words[0]) == _without_random_name(job, words[1])
    assert "abcde" not in _without_random_name(job, words[0])
