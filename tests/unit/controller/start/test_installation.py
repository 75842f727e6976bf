from typing import Any

import pytest

from trainjob_operator.controller.start.installation import missing_fields


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        pytest.param(
            {"properties": {"a": {"properties": {"b": {}}}, "c": {"items": {"properties": {"d": {}}}}}}, [], id="same"
        ),
        pytest.param({"properties": {"a": {"properties": {"b": {}}}}}, ["c"], id="a branch"),
        pytest.param({"properties": {"a": {}, "c": {"items": {}}}}, ["a.b", "c[].d"], id="leaves"),
        pytest.param({"x-kubernetes-preserve-unknown-fields": True}, [], id="anything goes"),
        pytest.param({}, ["a", "c"], id="nothing"),
    ],
)
def test_missing_fields(theirs: dict[str, Any], expected: list[str]) -> None:
    ours = {"properties": {"a": {"properties": {"b": {}}}, "c": {"items": {"properties": {"d": {}}}}}}

    assert list(missing_fields(ours, theirs)) == expected
