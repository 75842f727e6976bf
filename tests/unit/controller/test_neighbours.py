import logging
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.controller.fakes import FakeKube

from trainjob_operator.controller.kube import Body
from trainjob_operator.controller.neighbours import require_solitude
from trainjob_operator.controller.resources import LEASES, VALIDATING_WEBHOOKS
from trainjob_operator.errors import ApiError, ConfigurationError

VALIDATE = "/validate-trainer-kubeflow-org-v1alpha1-"


def lease(*, name: str = "trainer.kubeflow.org", holder: str = "manager-1", age: float = 1.0) -> Body:
    renewed = (datetime.now(UTC) - timedelta(seconds=age)).isoformat().replace("+00:00", "Z")
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 3600, "renewTime": renewed}
    return {"metadata": {"namespace": "kubeflow-system", "name": name}, "spec": spec}


def webhook(kind: str = "trainingruntime", name: str = "validator.trainer.kubeflow.org") -> Body:
    service = {"namespace": "kubeflow-system", "name": "manager", "path": VALIDATE + kind}
    hooks = [{"name": "url", "clientConfig": {"url": "https://x"}}, {"name": "w", "clientConfig": {"service": service}}]
    return {"metadata": {"name": name}, "webhooks": hooks}


@pytest.mark.parametrize(
    ("leases", "webhooks"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([lease(age=7200)], [], id="its Lease has run out"),
        pytest.param([lease(holder="")], [], id="its Lease was released"),
        pytest.param([lease(name="another")], [], id="somebody's Lease"),
        pytest.param([], [webhook(name="trainjob-operator")], id="our own webhooks"),
        pytest.param([], [webhook(kind="trainjob", name="kueue")], id="webhooks of Kueue"),
        pytest.param([], [{"metadata": {"name": "empty"}}], id="no webhooks"),
    ],
)
async def test_alone(leases: list[Body], webhooks: list[Body]) -> None:
    await require_solitude(cluster(leases, webhooks), "trainjob-operator", tolerate=False)


@pytest.mark.parametrize(
    ("leases", "webhooks", "sign"),
    [
        pytest.param(
            [lease()], [], "the Lease kubeflow-system/trainer.kubeflow.org is held by manager-1", id="its Lease"
        ),
        pytest.param(
            [],
            [webhook()],
            "ValidatingWebhookConfiguration validator.trainer.kubeflow.org sends runtimes to Service"
            " kubeflow-system/manager",
            id="its webhooks",
        ),
        pytest.param([], [webhook(name="other-release")], "ValidatingWebhookConfiguration other-release", id="another"),
    ],
)
async def test_not_alone(leases: list[Body], webhooks: list[Body], sign: str, caplog: pytest.LogCaptureFixture) -> None:
    kube = cluster(leases, webhooks)

    with pytest.raises(ConfigurationError, match="TRAINJOB_OPERATOR_TOLERATE_NEIGHBOURS=true") as refusal:
        await require_solitude(kube, "trainjob-operator", tolerate=False)
    assert sign in str(refusal.value)

    with caplog.at_level(logging.WARNING):
        await require_solitude(kube, "trainjob-operator", tolerate=True)
    assert sign in caplog.text


async def test_without_the_right_to_look_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    kube = cluster([lease()], [webhook()])
    kube.refusal = ApiError(403, "Forbidden", "no")

    with caplog.at_level(logging.WARNING):
        await require_solitude(kube, "trainjob-operator", tolerate=False)

    assert caplog.text.count("cannot tell whether another operator for TrainJobs is in this cluster") == 2


def cluster(leases: list[Body], webhooks: list[Body]) -> FakeKube:
    kube = FakeKube()
    for each in leases:
        kube.put(LEASES, each)
    for each in webhooks:
        kube.put(VALIDATING_WEBHOOKS, each)
    return kube
