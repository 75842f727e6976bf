"""Another operator for TrainJobs: test_start shows that a Lease alone is none, here are its webhooks."""

import logging

import pytest
from tests.cluster.kube import Kube

from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.start.other_operators import refuse_second_operator
from trainjob_operator.errors import ConfigurationError


async def test_webhooks_for_runtimes_tell_of_another_operator(
    client: KubeClient, kube: Kube, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = "/validate-trainer-kubeflow-org-v1alpha1-trainingruntime"
    service = {"service": {"namespace": "kubeflow-system", "name": "manager", "path": path}}
    hook = {"admissionReviewVersions": ["v1"], "sideEffects": "None", "clientConfig": service}
    configuration = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    kube.create({**configuration, "metadata": {"name": namespace}, "webhooks": [{**hook, "name": "a.example.com"}]})
    sign = f"ValidatingWebhookConfiguration {namespace} sends runtimes to Service kubeflow-system/manager"
    try:
        with pytest.raises(ConfigurationError, match="TRAINJOB_OPERATOR_TOLERATE_OTHER_OPERATORS=true") as refusal:
            await refuse_second_operator(client, "trainjob-operator", tolerate=False)
        assert sign in str(refusal.value)
        with caplog.at_level(logging.WARNING):
            await refuse_second_operator(client, "trainjob-operator", tolerate=True)
        assert sign in caplog.text
        await refuse_second_operator(client, namespace, tolerate=False)  # they are its own
    finally:
        kube.delete("ValidatingWebhookConfiguration", "", namespace)


async def test_without_the_right_to_look_it_goes_on(
    restricted_client: KubeClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await refuse_second_operator(restricted_client, "trainjob-operator", tolerate=False)

    assert caplog.text.count("cannot tell whether another operator for TrainJobs is in this cluster") == 2
