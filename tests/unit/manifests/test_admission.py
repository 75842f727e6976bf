"""Webhooks, certificate and status endpoint of the chart: what fits together, and what lets objects through."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.factories.generation import Schema, schema_of
from tests.factories.rendering import NAMESPACE, RUNTIMES, Manifest, chart, one, parse

from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.endpoints.webhook import Webhook
from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.naming import CERTIFICATE_SECRET, MANAGER_SERVICE, STATUS_PORT, WEBHOOK_PORT
from trainjob_operator.settings import PREFIX, Settings

CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
CERT_MANAGER = "certManager.enabled=true"


def webhooks(objects: list[Manifest]) -> list[dict[str, Any]]:
    return [webhook for each in objects if each["kind"] in CONFIGURATIONS for webhook in each["webhooks"]]


def environment(objects: list[Manifest]) -> dict[str, str]:
    [container] = one(objects, "Deployment", "trainjob-operator")["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}


async def test_every_webhook_is_one_that_the_operator_serves(nobody: KubeClient) -> None:
    app = Webhook(nobody, Caches(lambda _: None, lambda _: None), Metrics()).app()
    served = {route.resource.canonical for route in app.router.routes() if route.resource is not None}

    assert {webhook["clientConfig"]["service"]["path"] for webhook in webhooks(chart())} == served


def test_admission_fails_closed_and_soon() -> None:
    for webhook in webhooks(chart()):
        assert (webhook["failurePolicy"], webhook["sideEffects"], webhook["timeoutSeconds"]) == ("Fail", "None", 5)
        assert [(rule["operations"], rule["apiGroups"]) for rule in webhook["rules"]] == [
            (["CREATE", "UPDATE"], ["trainer.kubeflow.org"])
        ]
        assert not any("/" in resource for rule in webhook["rules"] for resource in rule["resources"])
        completes = ["incomplete"] if webhook["name"].startswith("defaulter.") else []
        assert [one["name"] for one in webhook["matchConditions"]] == ["not-being-deleted", "changed", *completes]


def numbers_in(schema: Schema, path: str) -> Iterator[str]:
    """Give the paths of all that may be a number or a text."""
    if schema.get("x-kubernetes-int-or-string"):
        yield path
    for name, nested in schema.get("properties", {}).items():
        yield from numbers_in(nested, f"{path}.{name}")
    for field, mark in (("additionalProperties", ".*"), ("items", "[]")):
        if isinstance(schema.get(field), dict):
            yield from numbers_in(schema[field], path + mark)


def test_the_defaulter_looks_wherever_a_fraction_or_a_word_can_be() -> None:
    """Its condition `incomplete` knows these places, which are beside the patches; others would be passed over."""
    [defaulter] = one(chart(), "MutatingWebhookConfiguration", "trainjob-operator")["webhooks"]
    [condition] = [each["expression"] for each in defaulter["matchConditions"] if each["name"] == "incomplete"]
    patches = ("runtimePatches", "podTemplateOverrides", "podSpecOverrides")
    divisor = "env[].valueFrom.resourceFieldRef.divisor"

    assert all(f"'{field}'" in condition for field in patches)
    assert {
        path
        for path in numbers_in(schema_of("trainjobs")["properties"]["spec"], "spec")
        if not path.startswith(tuple(f"spec.{field}" for field in patches))
    } == {
        *(f"spec.{where}.{divisor}" for where in ("initializer.dataset", "initializer.model", "trainer")),
        *(f"spec.trainer.resourcesPerNode.{amounts}.*" for amounts in ("limits", "requests")),
        "spec.trainer.numProcPerNode",
        "spec.workspace.size",
    }


def test_upgrades_leave_the_ca_alone() -> None:
    assert all("caBundle" not in webhook["clientConfig"] for webhook in webhooks(chart()))


def test_runtimes_can_opt_out_and_ours_do_so_that_they_can_be_installed_with_the_operator() -> None:
    selecting = {webhook["name"] for webhook in webhooks(chart()) if "objectSelector" in webhook}
    assert selecting == {
        "validator.trainingruntime.trainer.kubeflow.org",
        "validator.clustertrainingruntime.trainer.kubeflow.org",
    }

    for file in RUNTIMES.glob("torch*.yaml"):
        [runtime] = parse(file.read_text())
        assert runtime["metadata"]["labels"]["trainer.kubeflow.org/webhook-validation"] == "disabled"


@pytest.mark.parametrize("release", ["trainjob-operator", "tuner"])
def test_ports_and_names_fit_together(release: str) -> None:
    objects = chart(f'fullnameOverride="{release}"')
    service = one(objects, "Service", release)
    deployment = one(objects, "Deployment", release)
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    env = {entry["name"]: entry.get("value") for entry in container["env"]}

    assert {port["port"]: ports[port["targetPort"]] for port in service["spec"]["ports"]} == {
        8080: 8080,
        443: WEBHOOK_PORT,
        STATUS_PORT: STATUS_PORT,
    }
    assert one(objects, "Service", MANAGER_SERVICE)["spec"]["ports"][0]["port"] == STATUS_PORT
    assert env[f"{PREFIX}SERVICE_NAME"] == env[f"{PREFIX}WEBHOOK_CONFIGURATION"] == release
    for webhook in webhooks(objects):
        target = webhook["clientConfig"]["service"]
        assert (target["name"], target["namespace"], target["port"]) == (release, NAMESPACE, 443)
    assert {each["metadata"]["name"] for each in objects if each["kind"] in CONFIGURATIONS} == {release}


def test_every_setting_in_the_chart_exists() -> None:
    objects = chart(CERT_MANAGER, "statusEndpoint.enabled=false", 'settings={"LOG_FORMAT":"json","WORKERS":4}')
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    env = {name: value for name, value in environment(objects).items() if name.startswith(PREFIX)}

    assert env.keys() <= known
    assert env[f"{PREFIX}WORKERS"] == "4"
    assert (env[f"{PREFIX}CERTIFICATES"], env[f"{PREFIX}STATUS_ENDPOINT"]) == ("external", "false")


@pytest.mark.parametrize(
    ("issuer", "kinds"),
    [
        ("{}", {"Certificate/trainjob-operator", "Certificate/trainjob-operator-ca", "Issuer/trainjob-operator",
                "Issuer/trainjob-operator-selfsigned"}),
        ('{"name":"mine","kind":"ClusterIssuer"}', {"Certificate/trainjob-operator"}),
    ],
    ids=["an authority of our own", "somebody's issuer"],
)  # fmt: skip
def test_cert_manager_makes_the_certificate_and_injects_the_ca(issuer: str, kinds: set[str]) -> None:
    objects = chart(CERT_MANAGER, f"certManager.issuerRef={issuer}")

    made = {f"{o['kind']}/{o['metadata']['name']}" for o in objects if o["apiVersion"].startswith("cert-manager.io/")}
    certificate = one(objects, "Certificate", "trainjob-operator")["spec"]
    assert made == kinds
    assert certificate["secretName"] == CERTIFICATE_SECRET
    assert certificate["dnsNames"] == [f"{name}.{NAMESPACE}.svc" for name in ("trainjob-operator", MANAGER_SERVICE)]
    for kind in CONFIGURATIONS:
        annotations = one(objects, kind, "trainjob-operator")["metadata"]["annotations"]
        assert annotations == {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/trainjob-operator"}


def test_nothing_of_cert_manager_without_it() -> None:
    assert "cert-manager" not in str(chart())


def test_the_network_policy_is_a_choice() -> None:
    policies = [each["spec"]["ingress"] for each in chart() if each["kind"] == "NetworkPolicy"]

    assert {port["port"] for [*rules] in policies for rule in rules for port in rule["ports"]} == {8080, 9443, 10443}
    assert "NetworkPolicy" not in {each["kind"] for each in chart("networkPolicy.enabled=false")}


def test_old_pods_go_on_to_answer_while_they_are_taken_out_of_the_service() -> None:
    spec = one(chart(), "Deployment", "trainjob-operator")["spec"]["template"]["spec"]
    [container] = spec["containers"]

    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert 0 < pause < spec["terminationGracePeriodSeconds"]
