"""Names that no pod can have, told before anything is downloaded."""

from typing import Any

import pytest
from tests.factories.objects import LLAMA, Body, rejected, resolved, runtime_with, trainjob
from tests.factories.requests import created, patch


def metadata(**fields: object) -> Body:
    return {"runtimePatches": [{"manager": "acme.io/me", "trainingRuntimeSpec": {"template": {"metadata": fields}}}]}


def pods(**fields: object) -> Body:
    return {"runtimePatches": [patch(pod=fields)]}


def secret(name: str, key: str = "k", **more: object) -> Body:
    return {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": name, "key": key, **more}}}]}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        pytest.param({"trainer": {"image": "ghcr.io/Me/Image:1"}}, "spec.trainer.image", id="image with capitals"),
        pytest.param({"trainer": {"image": "image:1 "}}, "spec.trainer.image", id="image with a blank"),
        pytest.param({"trainer": {"image": "https://ghcr.io/me/image"}}, "spec.trainer.image", id="address of a page"),
        pytest.param(
            {"initializer": {"model": {"secretRef": {"name": "my secret"}}}},
            "spec.initializer.model.secretRef.name",
            id="secret with a blank",
        ),
        pytest.param({"initializer": {"dataset": {"secretRef": {"name": "My"}}}}, "secretRef.name", id="capitals"),
        pytest.param({"trainer": secret("a b")}, "spec.trainer.env[0].valueFrom.secretKeyRef.name", id="in env"),
        pytest.param({"trainer": secret("a", "b c")}, "spec.trainer.env[0].valueFrom.secretKeyRef.key", id="key"),
        pytest.param({"trainer": {"env": [{"name": "A=B"}]}}, "spec.trainer.env[0].name", id="variable"),
        pytest.param({"labels": {"my team": "x"}}, "spec.runtimePatches[legacy/metadata].labels", id="label"),
        pytest.param({"labels": {"team": "a b"}}, "spec.runtimePatches[legacy/metadata].labels[team]", id="its value"),
        pytest.param(metadata(annotations={"my note": "x"}), "spec.runtimePatches[acme.io/me].annotations", id="note"),
        pytest.param(
            pods(nodeSelector={"zone": "eu west"}),
            "spec.runtimePatches[acme.io/me][node].nodeSelector[zone]",
            id="node",
        ),
        pytest.param(
            pods(serviceAccountName="Me"), "spec.runtimePatches[acme.io/me][node].serviceAccountName", id="account"
        ),
        pytest.param(
            pods(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "my claim"}}]),
            "spec.runtimePatches[acme.io/me][node].volumes[0].persistentVolumeClaim.claimName",
            id="claim",
        ),
    ],
)
def test_refused(spec: dict[str, Any], field: str) -> None:
    message = rejected(trainjob(runtime=LLAMA, **spec), runtime_with()).message

    assert f"{field}: " in message
    assert " must " in message
    assert message in created(**spec).message


@pytest.mark.parametrize(
    "spec",
    [
        *(
            pytest.param({"trainer": {"image": image}}, id=image or "no image")
            for image in (
                *(
                    "",
                    "ubuntu",
                    "a/b__c/d-e--f.g:V1.0_x",
                    "MyRegistry:5000/a/b",
                    "GHCR.IO/a/b",
                    "Upper/b",
                    "[::1]:5000/a",
                ),
                *(f"a/b@sha256:{'0' * 64}", f"localhost/a:1@sha256:{'f' * 64}"),
            )
        ),
        pytest.param({"initializer": {"model": {"secretRef": {"name": ""}}}}, id="no secret"),
        pytest.param({"initializer": {"model": {"secretRef": {"name": "a.b-c.1"}}}}, id="a secret with dots"),
        pytest.param({"trainer": secret("Any Name", optional=True)}, id="a secret that need not be there"),
        pytest.param({"trainer": secret("a", "MY_KEY.txt")}, id="a key"),
        pytest.param({"trainer": {"env": [{"name": "my.var-1 x"}]}}, id="an unusual variable"),
        pytest.param({"labels": {"example.com/My_label.1": "", "a": "A.b_c-1"}}, id="labels"),
        pytest.param(metadata(annotations={"Example.com/Note": "any text, with blanks"}), id="annotations"),
        pytest.param(metadata(labels={"$patch": "replace", "a": "b"}), id="a directive"),
        pytest.param(pods(nodeSelector={"nvidia.com/mig.config": "all-3g.40gb"}), id="a node"),
    ],
)
def test_unusual_and_well(spec: dict[str, Any]) -> None:
    assert resolved(trainjob(runtime=LLAMA, **spec)).name == "j"
