"""The failure policy of a runtime on a real API server: what is refused, and what it adds."""

import pytest
from tests.cluster.crds import Api, Body, install, runtime
from tests.devcluster import Cluster


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Api:
    install(cluster)
    return Api(cluster, "default")


def failing(*rules: Body, **more: int) -> Body:
    body = runtime()
    return {**body, "spec": body["spec"] | {"runPolicy": {"failurePolicy": {"rules": [*rules], **more}}}}


def on_codes(*values: int, action: str = "FailTrainJob") -> Body:
    return {"action": action, "onExitCodes": {"operator": "In", "values": [*values]}}


def on_conditions(*types: str) -> Body:
    return {"action": "RestartTrainJob", "onPodConditions": [{"type": type_} for type_ in types]}


REFUSED = {
    "nothing": (failing({"action": "FailTrainJob"}), "exactly one of onExitCodes and onPodConditions must be set"),
    "both": (failing(on_codes(1) | on_conditions("Ready")), "exactly one of onExitCodes and onPodConditions"),
    "an action of JobSet": (failing(on_codes(1, action="FailJobSet")), 'action: Unsupported value: "FailJobSet"'),
    "an exit code twice": (failing(on_codes(1, 1)), "onExitCodes.values[1]: Duplicate value: 1"),
    "256 exit codes": (failing(on_codes(*range(256))), "onExitCodes.values: Too many: 256"),
    "no condition": (failing(on_conditions()), "onPodConditions in body should have at least 1 items"),
    "a condition of no name": (failing(on_conditions("no name")), "onPodConditions[0].type in body should match"),
    "21 rules": (failing(*[on_codes(1)] * 21), "failurePolicy.rules: Too many: 21"),
    "fewer restarts than none": (failing(maxRestarts=-1), "failurePolicy.maxRestarts in body should be greater"),
}


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_rule_is_refused(api: Api, body: Body, message: str) -> None:
    assert message in api.refuse(body)


def test_a_condition_is_meant_to_be_true(api: Api) -> None:
    stored = api.create(failing(on_conditions("DisruptionTarget"), maxRestarts=0), stored=False)

    assert stored["spec"]["runPolicy"]["failurePolicy"] == {
        "maxRestarts": 0,
        "rules": [
            {"action": "RestartTrainJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        ],
    }
