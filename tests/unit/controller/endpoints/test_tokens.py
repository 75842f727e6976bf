from typing import Any

import pytest

from trainjob_operator.controller.endpoints.tokens import Bearer, judge

ACCOUNT = "system:serviceaccount:team:default"
BOUND = {"authentication.kubernetes.io/pod-name": ["tune-node-0"], "authentication.kubernetes.io/pod-uid": ["pod-1"]}
GOOD: dict[str, Any] = {
    "authenticated": True,
    "user": {"username": ACCOUNT, "extra": BOUND | {"authentication.kubernetes.io/node-name": ["a"]}},
    "audiences": ["a", "b"],
}


@pytest.mark.parametrize(
    ("change", "bearer"),
    [
        pytest.param({}, Bearer("team", "tune-node-0", "pod-1"), id="of a pod"),
        pytest.param({"user": {"username": ACCOUNT}}, Bearer("team"), id="of no pod"),
        pytest.param({"user": {"username": ACCOUNT, "extra": None}}, Bearer("team"), id="nothing more"),
        pytest.param({"user": {"username": ACCOUNT, "extra": {next(iter(BOUND)): []}}}, Bearer("team"), id="no name"),
        pytest.param({"authenticated": False}, None, id="not authenticated"),
        pytest.param({"audiences": ["a"]}, None, id="another audience"),
        pytest.param({"audiences": None}, None, id="an API server that knows no audiences"),
        pytest.param({"user": {"username": "alice", "extra": BOUND}}, None, id="no ServiceAccount"),
        pytest.param({"user": {"username": "system:serviceaccount:team"}}, None, id="no account's name"),
        pytest.param({"user": None}, None, id="nobody"),
    ],
)
def test_whose_a_token_is(change: dict[str, Any], bearer: Bearer | None) -> None:
    assert judge(GOOD | change, "b") == bearer
