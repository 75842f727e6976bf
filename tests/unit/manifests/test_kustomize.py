"""kubectl's way and Helm's come to the same objects."""

import yaml
from tests.factories.rendering import (
    BASE,
    CPU_OVERLAY,
    CRDS,
    NAMESPACE,
    PUBLIC,
    RUNTIMES,
    Manifest,
    chart,
    kustomization,
)

HELMS_OWN = ("app.kubernetes.io/managed-by", "helm.sh/chart")


def by_identity(objects: list[Manifest]) -> dict[str, Manifest]:
    """Index objects by kind and name, without what only Helm writes on them."""
    for each in objects:
        for label in HELMS_OWN:
            each["metadata"].get("labels", {}).pop(label, None)
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in objects}


def test_base_equals_the_chart_with_its_default_values() -> None:
    base = by_identity(kustomization(BASE))
    namespace = base.pop(f"Namespace/{NAMESPACE}")

    assert base == by_identity(chart("crds.apply=false", "publicConfig.enabled=false"))
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_cpu_overlay_equals_the_chart_with_accelerator_cpu() -> None:
    overlay = by_identity(kustomization(CPU_OVERLAY))
    del overlay[f"Namespace/{NAMESPACE}"]

    assert overlay == by_identity(chart("crds.apply=false", "publicConfig.enabled=false", 'runtimes.accelerator="cpu"'))


def test_what_is_public_equals_the_charts() -> None:
    everything = by_identity(chart())
    helms = {name: each for name, each in everything.items() if each["metadata"].get("namespace") == "kubeflow-system"}

    assert by_identity(kustomization(PUBLIC)) == helms
    assert everything["Namespace/kubeflow-system"]["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert "Namespace/kubeflow-system" not in by_identity(chart(f'publicConfig.namespace="{NAMESPACE}"'))


def test_the_first_step_is_the_crds_and_the_second_has_none() -> None:
    assert {each["kind"] for each in kustomization(CRDS)} == {"CustomResourceDefinition"}
    assert "CustomResourceDefinition" not in {each["kind"] for each in kustomization(BASE)}


def test_every_runtime_is_in_the_kustomization() -> None:
    files = {file.name for file in RUNTIMES.glob("*.yaml")} - {"kustomization.yaml"}

    assert set(yaml.safe_load((RUNTIMES / "kustomization.yaml").read_text())["resources"]) == files


def test_crds_can_be_waited_for_by_their_label() -> None:
    """As the README does between the two steps."""
    labels = [each["metadata"]["labels"] for each in kustomization(CRDS)]

    assert labels == [{"app.kubernetes.io/part-of": "trainjob-operator"}] * 3
