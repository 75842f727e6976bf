from datetime import UTC, datetime, timedelta

import pytest

from trainjob_operator.controller.kube.client import Body
from trainjob_operator.controller.start.other_operators import held_leases, runtime_webhooks

VALIDATE = "/validate-trainer-kubeflow-org-v1alpha1-"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SENDS = "sends runtimes to Service kubeflow-system/manager"


def lease(*, holder: str = "manager-1", age: float = 1.0, **fields: object) -> Body:
    renewed = (NOW - timedelta(seconds=age)).isoformat().replace("+00:00", "Z")
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 3600, "renewTime": renewed, **fields}
    return {"metadata": {"namespace": "kubeflow-system", "name": "trainer.kubeflow.org"}, "spec": spec}


def webhook(kind: str = "trainingruntime", name: str = "validator.trainer.kubeflow.org") -> Body:
    service = {"namespace": "kubeflow-system", "name": "manager", "path": VALIDATE + kind}
    hooks = [{"name": "url", "clientConfig": {"url": "https://x"}}, {"name": "w", "clientConfig": {"service": service}}]
    return {"metadata": {"name": name}, "webhooks": hooks}


@pytest.mark.parametrize(
    ("leases", "webhooks", "signs"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param(
            [lease()], [], ["the Lease kubeflow-system/trainer.kubeflow.org is held by manager-1"], id="its Lease"
        ),
        pytest.param([lease(age=7200)], [], [], id="its Lease has run out"),
        pytest.param([lease(holder="")], [], [], id="its Lease was released"),
        pytest.param([lease(age=-3600)], [], [], id="a time in the future"),
        pytest.param([lease(renewTime="9999-12-31T23:59:59Z")], [], [], id="the end of time"),
        pytest.param([lease(renewTime="2026-01-01T12:00:00")], [], [], id="a time without a zone"),
        pytest.param([lease(renewTime="soon")], [], [], id="no time"),
        pytest.param([lease(renewTime=5)], [], [], id="a number as the time"),
        pytest.param([lease(leaseDurationSeconds=2147483647)], [], [], id="68 years"),
        pytest.param([lease(leaseDurationSeconds="long")], [], [], id="no duration"),
        pytest.param(
            [lease(age=-60, holder="manager-2")],
            [],
            ["the Lease kubeflow-system/trainer.kubeflow.org is held by manager-2"],
            id="a clock that goes wrong",
        ),
        pytest.param([{"metadata": {}}], [], [], id="a Lease that says nothing"),
        pytest.param(
            [],
            [webhook()],
            [f"ValidatingWebhookConfiguration validator.trainer.kubeflow.org {SENDS}"],
            id="its webhooks",
        ),
        pytest.param(
            [],
            [webhook(name="other-release")],
            [f"ValidatingWebhookConfiguration other-release {SENDS}"],
            id="another release",
        ),
        pytest.param([], [webhook(name="trainjob-operator")], [], id="our own webhooks"),
        pytest.param([], [webhook(kind="trainjob", name="kueue")], [], id="webhooks of Kueue"),
        pytest.param([], [{"metadata": {"name": "empty"}}], [], id="no webhooks"),
    ],
)
def test_signs_of_another_operator(leases: list[Body], webhooks: list[Body], signs: list[str]) -> None:
    found = [*held_leases(leases, NOW), *runtime_webhooks(webhooks, "trainjob-operator")]

    assert found == signs
