from typing import Any

import pytest

from trainjob_operator.controller.endpoints.tokens import judge

ACCOUNT = "system:serviceaccount:team:default"
GOOD: dict[str, Any] = {"authenticated": True, "user": {"username": ACCOUNT}, "audiences": ["a", "b"]}


@pytest.mark.parametrize(
    ("change", "namespace"),
    [
        pytest.param({}, "team", id="good"),
        pytest.param({"authenticated": False}, None, id="not authenticated"),
        pytest.param({"audiences": ["a"]}, None, id="another audience"),
        pytest.param({"audiences": None}, None, id="an API server that knows no audiences"),
        pytest.param({"user": {"username": "alice"}}, None, id="no ServiceAccount"),
        pytest.param({"user": {"username": "system:serviceaccount:team"}}, None, id="no name"),
        pytest.param({"user": None}, None, id="nobody"),
    ],
)
def test_only_a_service_account_with_the_audience_is_good(change: dict[str, Any], namespace: str | None) -> None:
    assert judge(GOOD | change, "b") == namespace
