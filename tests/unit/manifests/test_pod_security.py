"""Every pod that we ship passes Pod Security `restricted` and has a read-only root filesystem."""

from collections.abc import Callable

import pytest
from tests.factories.rendering import BASE, CPU_OVERLAY, RUNTIMES, Manifest, chart, kustomization, pod_specs, read

ALLOWED_VOLUMES = {"configMap", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
CA_BUNDLE = 'caBundle.configMap="corporate-ca"'


def violations(spec: Manifest) -> list[str]:
    """Name what https://kubernetes.io/docs/concepts/security/pod-security-standards/ or we ourselves forbid."""
    pod = spec.get("securityContext", {})
    found = [field for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field)]
    if pod.get("runAsNonRoot") is not True or pod.get("runAsUser") == 0:
        found.append("runAsNonRoot")
    if pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
        found.append("seccompProfile")
    found += [f"volume {volume['name']}" for volume in spec["volumes"] if not volume.keys() & ALLOWED_VOLUMES]
    for container in spec.get("initContainers", []) + spec["containers"]:
        context = dict(container.get("securityContext", {}))
        strict = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        if context != strict:
            found.append(f"container {container['name']}: {context}")
        if any("hostPort" in port for port in container.get("ports", [])):
            found.append(f"container {container['name']}: hostPort")
    return found


@pytest.mark.parametrize(
    ("objects", "beside"),
    [
        pytest.param(chart, 2, id="chart"),
        pytest.param(lambda: chart('runtimes.accelerator="cpu"', CA_BUNDLE), 2, id="chart with other values"),
        pytest.param(lambda: kustomization(BASE), 1, id="base"),
        pytest.param(lambda: kustomization(CPU_OVERLAY), 1, id="overlay"),
    ],
)
def test_every_pod_is_restricted(objects: Callable[[], list[Manifest]], beside: int) -> None:
    """`beside` are those that are not of runtimes."""
    found = {where: violations(spec) for where, spec in pod_specs(objects())}
    steps = sum(len(list(pod_specs([read(file)]))) for file in RUNTIMES.glob("t*.yaml"))

    assert {where: violated for where, violated in found.items() if violated} == {}
    assert len(found) == steps + beside


def test_every_pod_can_write_to_tmp_and_home_where_it_has_one() -> None:
    for _, spec in pod_specs(chart()):
        assert {"name": "tmp", "emptyDir": {}} in spec["volumes"]
        for container in spec["containers"]:
            mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
            home = [entry["value"] for entry in container.get("env", []) if entry["name"] == "HOME"]
            assert "/tmp" in mounted  # noqa: S108 - the mount point in the container, no file of ours
            assert not home or "/workspace" in mounted


def test_only_the_operator_gets_a_token() -> None:
    for where, spec in pod_specs(chart()):
        if where.startswith("ClusterTrainingRuntime"):
            assert spec["automountServiceAccountToken"] is False
        else:
            assert spec["serviceAccountName"].startswith("trainjob-operator")
