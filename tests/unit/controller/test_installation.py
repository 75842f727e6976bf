import copy
import logging
from typing import Any

import pytest
from tests.unit.controller.fakes import FakeKube

from trainjob_operator.api.schema import custom_resource_definitions
from trainjob_operator.controller.installation import missing_fields, report_missing_fields
from trainjob_operator.controller.resources import CRDS
from trainjob_operator.controller.telemetry import Metrics

TRAINJOBS = "trainjobs.trainer.kubeflow.org"


def crds() -> dict[str, dict[str, Any]]:
    return {crd["metadata"]["name"]: copy.deepcopy(crd) for crd in custom_resource_definitions().values()}


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


async def test_t27_crds_older_than_the_operator_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    kube, metrics, ours = FakeKube(), Metrics(), crds()
    for crd in crds().values():
        spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        spec.pop("ttlSecondsAfterFinished", None)
        kube.put(CRDS, crd)

    with caplog.at_level(logging.WARNING):
        await report_missing_fields(kube, metrics, list(ours.values()))

    [record] = caplog.records
    assert f"the CRD {TRAINJOBS} is not that of this version" in record.getMessage()
    assert "drops spec.ttlSecondsAfterFinished from" in record.getMessage()
    assert metrics.registry.get_sample_value("trainjob_operator_crd_missing_fields", {"crd": TRAINJOBS}) == 1


async def test_a_crd_that_may_not_be_read_is_no_reason_to_stop(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        await report_missing_fields(FakeKube(), Metrics(), list(crds().values()))

    assert caplog.text.count("cannot tell whether the CRD") == 3
