from pathlib import Path

import pytest

from trainjob_contract.workspace import find_workspace


@pytest.mark.parametrize(
    ("environment", "path"),
    [({}, "/workspace"), ({"TRAINJOB_WORKSPACE": ""}, "/workspace"), ({"TRAINJOB_WORKSPACE": "/data"}, "/data")],
)
def test_where_the_volume_is(environment: dict[str, str], path: str) -> None:
    assert find_workspace(environment) == Path(path)
