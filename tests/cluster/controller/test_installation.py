"""CRDs older than the operator, of which test_start shows what the installed one does."""

import copy
import logging

import pytest
from tests.cluster.kube import Body

from trainjob_operator.api.schema import custom_resource_definitions
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.start.installation import report_missing_fields
from trainjob_operator.controller.telemetry.metrics import Metrics

pytestmark = pytest.mark.usefixtures("our_kinds")
CRDS: list[Body] = list(custom_resource_definitions().values())


async def test_t27_only_the_crd_that_lacks_a_field_is_reported_and_counted(
    client: KubeClient, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    newer = copy.deepcopy(CRDS)
    [trainjobs] = [crd for crd in newer if crd["spec"]["names"]["kind"] == "TrainJob"]
    spec = trainjobs["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    spec["newField"] = {"type": "string"}

    with caplog.at_level(logging.WARNING, "trainjob_operator"):
        await report_missing_fields(client, metrics, newer)

    [record] = caplog.records
    assert "the CRD trainjobs.trainer.kubeflow.org is not that of this version" in record.getMessage()
    assert "drops spec.newField from" in record.getMessage()
    assert metrics.crd_missing_fields.labels("trainjobs.trainer.kubeflow.org")._value.get() == 1


async def test_a_crd_that_may_not_be_read_is_no_reason_to_stop(
    restricted_client: KubeClient, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await report_missing_fields(restricted_client, metrics, CRDS)

    assert caplog.text.count("cannot tell whether the CRD") == 3
