"""The operator's rights: named one by one, and no more than it uses."""

import pytest
from tests.factories.rendering import CRDS, NAMESPACE, Manifest, chart, one, read

ROLES = ("ClusterRole", "Role")
OPERATOR = "ClusterRole/trainjob-operator"
SECRET = "kubeflow-trainer-webhook-cert"  # noqa: S105 - the name of one
CERT_MANAGER = "certManager.enabled=true"


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


def test_the_only_secret_is_that_of_the_certificate() -> None:
    about = [(where, rule) for where, rule in rules(chart()) if "secrets" in rule["resources"]]

    assert {where for where, _ in about} == {"Role/trainjob-operator"}
    assert [rule.get("resourceNames") for _, rule in about if set(rule["verbs"]) != {"create"}] == [[SECRET]]


def test_with_cert_manager_the_secret_is_only_read() -> None:
    verbs = {verb for _, rule in rules(chart(CERT_MANAGER)) if "secrets" in rule["resources"] for verb in rule["verbs"]}

    assert verbs == {"get", "list", "watch"}


def test_users_objects_are_never_changed() -> None:
    """Their TrainJobs are deleted when their time to live is over, and that is all."""
    changing = {"create", "update", "patch", "delete", "deletecollection"}
    for where, rule in rules(chart()):
        if where == OPERATOR and rule["apiGroups"] == ["trainer.kubeflow.org"] and changing & set(rule["verbs"]):
            assert set(rule["resources"]) <= {"trainjobs/status", "trainjobs/finalizers"} or (
                rule["resources"],
                rule["verbs"],
            ) == (["trainjobs"], ["delete"])


def test_only_our_own_webhook_configurations_can_be_changed() -> None:
    changing = [
        rule
        for _, rule in rules(chart())
        if rule["apiGroups"] == ["admissionregistration.k8s.io"] and set(rule["verbs"]) != {"list"}
    ]

    assert [(rule["resourceNames"], rule["verbs"]) for rule in changing] == [
        (["trainjob-operator"], ["get", "list", "watch", "patch"])
    ]


def test_where_some_namespaces_are_served_there_are_no_rights_in_others() -> None:
    objects = chart('settings.NAMESPACES="team-a, team-b"')
    bound = {
        (each["kind"], each["metadata"].get("namespace"))
        for each in objects
        if each["kind"].endswith("Binding") and each["roleRef"]["name"] == "trainjob-operator"
    }

    assert bound == {
        ("RoleBinding", "team-a"),
        ("RoleBinding", "team-b"),
        ("RoleBinding", NAMESPACE),  # of the Role for Lease and certificate
    }
    in_no_namespace = one(objects, "ClusterRole", "trainjob-operator-cluster")["rules"]
    kinds = {kind for rule in in_no_namespace for kind in rule["resources"]}
    assert not kinds & {"jobs", "pods", "configmaps", "services", "persistentvolumeclaims", "trainjobs", "events"}


@pytest.mark.parametrize("who", ["view", "edit", "admin"])
def test_people_get_their_share_of_our_kinds(who: str) -> None:
    role = one(chart(), "ClusterRole", f"trainjob-operator-{who}")

    assert role["metadata"]["labels"][f"rbac.authorization.k8s.io/aggregate-to-{who}"] == "true"
    assert role["metadata"]["labels"][f"rbac.authorization.kubeflow.org/aggregate-to-kubeflow-{who}"] == "true"
    verbs = {(kind, verb) for rule in role["rules"] for kind in rule["resources"] for verb in rule["verbs"]}
    assert {("trainjobs", "get"), ("trainingruntimes", "list"), ("clustertrainingruntimes", "list")} <= verbs
    assert (("trainjobs", "create") in verbs) == (who != "view")
    assert ("trainjobs/status", "patch") not in verbs


def test_peoples_roles_are_a_choice() -> None:
    def names(*values: str) -> set[str]:
        return {each["metadata"]["name"] for each in chart(*values) if each["kind"] == "ClusterRole"}

    own = {"trainjob-operator", "trainjob-operator-cluster", "trainjob-operator-crds"}
    assert names("peopleRoles.create=false") == own
    assert "trainjob-operator-runtimes" not in names("peopleRoles.everyoneReadsClusterRuntimes=false")


def test_the_crd_job_may_touch_our_crds_only() -> None:
    [rule] = one(chart(), "ClusterRole", "trainjob-operator-crds")["rules"]

    assert set(rule["resourceNames"]) == {read(file)["metadata"]["name"] for file in CRDS.glob("trainer.*.yaml")}
    assert set(rule["verbs"]) == {"create", "get", "patch"}


def test_every_binding_binds_what_is_there() -> None:
    objects = chart()
    there = {(each["kind"], each["metadata"]["name"]) for each in objects}

    for binding in (each for each in objects if each["kind"].endswith("Binding")):
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) in there
        for subject in binding["subjects"]:
            identity = (subject["kind"], subject["name"])
            assert identity in there or identity == ("Group", "system:authenticated")


def test_what_everyone_may_do_is_to_read_the_catalogue_and_the_version() -> None:
    objects = chart()
    roles = [
        one(objects, binding["roleRef"]["kind"], binding["roleRef"]["name"])
        for binding in objects
        if binding["kind"].endswith("Binding") and binding["subjects"][0]["name"] == "system:authenticated"
    ]

    rules_of_everyone = [rule for role in roles for rule in role["rules"]]
    assert sorted((rule["resources"], rule["verbs"]) for rule in rules_of_everyone) == [
        (["clustertrainingruntimes"], ["get", "list", "watch"]),
        (["configmaps"], ["get"]),
    ]
