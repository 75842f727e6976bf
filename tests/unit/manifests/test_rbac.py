"""The operator's rights: named one by one, and no more than it uses."""

import pytest
import yaml
from tests.unit.manifests.rendering import CRDS, Manifest, chart, one

ROLES = ("ClusterRole", "Role")


def rules(objects: list[Manifest]) -> list[tuple[str, Manifest]]:
    return [
        (f"{each['kind']}/{each['metadata']['name']}", rule)
        for each in objects
        if each["kind"] in ROLES
        for rule in each["rules"]
    ]


@pytest.mark.parametrize("field", ["apiGroups", "resources", "verbs"])
def test_no_wildcards(field: str) -> None:
    assert [where for where, rule in rules(chart()) if "*" in "".join(rule[field])] == []


def test_nothing_is_read_that_holds_secrets() -> None:
    assert "secrets" not in {resource for _, rule in rules(chart()) for resource in rule["resources"]}


def test_users_objects_are_never_changed() -> None:
    changing = {"create", "update", "patch", "delete", "deletecollection"}
    for _, rule in rules(chart()):
        if rule["apiGroups"] == ["trainer.kubeflow.org"] and changing & set(rule["verbs"]):
            assert set(rule["resources"]) <= {"trainjobs/status", "trainjobs/finalizers"}


def test_the_crd_job_may_touch_our_crds_only() -> None:
    [rule] = one(chart(), "ClusterRole", "trainjob-operator-crds")["rules"]

    assert set(rule["resourceNames"]) == {
        yaml.safe_load(file.read_text())["metadata"]["name"] for file in CRDS.glob("trainer.*.yaml")
    }
    assert set(rule["verbs"]) == {"create", "get", "patch"}


def test_every_binding_binds_what_is_there() -> None:
    objects = chart()
    there = {(each["kind"], each["metadata"]["name"]) for each in objects}

    for binding in (each for each in objects if each["kind"].endswith("Binding")):
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) in there
        for subject in binding["subjects"]:
            assert (subject["kind"], subject["name"]) in there
