"""The chart: what its values do, and which it refuses."""

import json
import tarfile
from pathlib import Path

import pytest
from tests.factories.rendering import (
    CHART,
    CRDS,
    RUNTIMES,
    Manifest,
    RenderingError,
    chart,
    chart_text,
    one,
    pod_specs,
    run_tool,
    runtime_containers,
)

from trainjob_operator import __version__

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
LLAMA = "torchtune-llama3.2-1b"
ALL = {file.stem for file in RUNTIMES.glob("*.yaml")} - {"kustomization"}


def operator_container(objects: list[Manifest]) -> Manifest:
    spec = one(objects, "Deployment", "trainjob-operator")["spec"]["template"]["spec"]
    [container] = spec["containers"]
    return dict(container)


def environment(container: Manifest) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container["env"] if "value" in variable}


def test_lint_finds_nothing() -> None:
    assert "[WARNING]" not in run_tool("helm", "lint", "--strict", CHART)


def test_same_values_same_bytes() -> None:
    values = (
        'hfEndpoint="https://hub.example"',
        'caBundle={"configMap":"corporate-ca"}',
        'proxy.httpProxy="http://p:1"',
    )

    assert chart_text(*values) == chart_text(*values)


def test_package_holds_crds_and_runtimes_and_nothing_that_disturbs_helm(tmp_path: Path) -> None:
    run_tool("helm", "package", CHART, "--destination", tmp_path)

    with tarfile.open(tmp_path / f"trainjob-operator-{__version__}.tgz") as package:
        inside = {name.removeprefix("trainjob-operator/") for name in package.getnames()}
    assert {name for name in inside if name.startswith("crds/")} == {
        "crds/trainer.kubeflow.org_clustertrainingruntimes.yaml",
        "crds/trainer.kubeflow.org_trainingruntimes.yaml",
        "crds/trainer.kubeflow.org_trainjobs.yaml",
    }
    assert {name for name in inside if name.startswith("runtimes/")} == {f"runtimes/{name}.yaml" for name in ALL}


@pytest.mark.parametrize(
    ("source", "copy"), [(CRDS, CHART / "crds"), (RUNTIMES, CHART / "runtimes")], ids=lambda path: path.name
)
def test_copies_in_the_chart_are_up_to_date(source: Path, copy: Path) -> None:
    def contents(folder: Path) -> dict[str, str]:
        return {file.name: file.read_text() for file in folder.glob("*.yaml") if file.name != "kustomization.yaml"}

    assert contents(copy) == contents(source), "run `make crds`"


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("replica=1", "replica"),
        ("replicas=-1", "/replicas"),
        ('replicas="two"', "/replicas"),
        ('image.tag="a b"', "/image/tag"),
        ('image.digest="sha256:12"', "/image/digest"),
        ('image.pullPolicy="Sometimes"', "/image/pullPolicy"),
        ('image.registry="https://ghcr.io"', "/image/registry"),
        ('imagePullSecrets=["mine"]', "/imagePullSecrets/0"),
        ("podSecurity.runAsUser=0", "/podSecurity/runAsUser"),
        ('podSecurity.runAsUser="me"', "/podSecurity/runAsUser"),
        ('runtimes.accelerator="tpu"', "/runtimes/accelerator"),
        ("runtimes.names=[1]", "/runtimes/names/0"),
        ('runtimes.names=["none-such"]', 'no runtime "none-such"'),
        ('runtimes.families=["qwen"]', 'no family "qwen", it has code-llama2, gemma, gemma2, llama2'),
        ('runtimes.families="qwen2"', "/runtimes/families"),
        ('runtimes.images.trainer.repo="x"', "/runtimes/images/trainer"),
        ('hfEndpoint="hub.example"', "/hfEndpoint"),
        ('proxy.httpProxy="proxy:3128"', "/proxy/httpProxy"),
        ('caBundle={"configMap":"a","secret":"b"}', "/caBundle"),
        ("crds.apply=1", "/crds/apply"),
        ("crds.jobset=1", "/crds/jobset"),
        ('settings={"log_format":"json"}', "/settings"),
        ('certManager.issuerRef={"kind":"Vault"}', "/certManager/issuerRef/kind"),
        ('publicConfig.namespace="Kubeflow"', "/publicConfig/namespace"),
        ("networkPolicy=true", "/networkPolicy"),
    ],
)
def test_wrong_values_are_refused(value: str, complaint: str) -> None:
    with pytest.raises(RenderingError, match=r".") as refusal:
        chart(value)

    assert complaint in str(refusal.value)


def test_a_registry_holds_for_every_image() -> None:
    objects = chart('image.registry="mirror.example:5000/x"')

    images = {container["image"] for _, spec in pod_specs(objects) for container in spec["containers"]}
    assert images == {
        f"mirror.example:5000/x/trainjob-operator/operator:{__version__}",
        f"mirror.example:5000/x/trainjob-operator/initializer:{__version__}",
        f"mirror.example:5000/x/trainjob-operator/torchtune:{__version__}",
    }


def test_digest_before_tag() -> None:
    objects = chart(f"image={json.dumps({'digest': DIGEST, 'tag': '1'})}", f'runtimes.images.trainer.digest="{DIGEST}"')

    assert operator_container(objects)["image"] == f"ghcr.io/trainjob-operator/operator@{DIGEST}"
    containers = runtime_containers(objects)
    assert containers[f"{LLAMA}/node"]["image"] == f"ghcr.io/trainjob-operator/torchtune@{DIGEST}"
    assert containers[f"{LLAMA}/model-initializer"]["image"] == f"ghcr.io/trainjob-operator/initializer:{__version__}"


def test_pull_secrets_and_policy_reach_every_pod() -> None:
    for _, spec in pod_specs(chart('imagePullSecrets=[{"name":"mine"}]', 'image.pullPolicy="Always"')):
        assert spec["imagePullSecrets"] == [{"name": "mine"}]
        assert {container["imagePullPolicy"] for container in spec["containers"]} == {"Always"}


def test_ids_are_set_together() -> None:
    for where, spec in pod_specs(chart("podSecurity.runAsUser=1000660000", "podSecurity.fsGroup=7")):
        assert spec["securityContext"]["runAsUser"] == 1000660000
        assert spec["securityContext"]["runAsGroup"] == 65532
        assert spec["securityContext"].get("fsGroup") == (7 if where.startswith("ClusterTrainingRuntime") else None)


def test_ids_can_be_left_to_the_namespace() -> None:
    for _, spec in pod_specs(chart('podSecurity={"runAsUser":null,"runAsGroup":null,"fsGroup":null}')):
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & spec["securityContext"].keys()
        assert spec["securityContext"]["runAsNonRoot"] is True


def test_hub_and_proxy_reach_the_runtimes_and_not_the_operator() -> None:
    objects = chart(
        'hfEndpoint="https://hub.example"',
        'proxy={"httpProxy":"http://proxy:3128","httpsProxy":"http://proxy:3129","noProxy":".svc,10.0.0.0/8"}',
    )

    wanted = {
        "HF_ENDPOINT": "https://hub.example",
        "HTTP_PROXY": "http://proxy:3128",
        "HTTPS_PROXY": "http://proxy:3129",
        "NO_PROXY": ".svc,10.0.0.0/8",
    }
    containers = runtime_containers(objects)
    assert {name.partition("/")[0] for name in containers} == ALL
    for container in containers.values():
        assert environment(container).items() >= (wanted | {"HOME": "/workspace/.home"}).items()
    assert not wanted.keys() & {variable["name"] for variable in operator_container(objects)["env"]}


@pytest.mark.parametrize(
    ("value", "source", "name"),
    [
        ('{"configMap":"corporate","key":"ca.pem"}', "configMap", "name"),
        ('{"secret":"corporate"}', "secret", "secretName"),
    ],
    ids=["configMap", "secret"],
)
def test_a_ca_bundle_is_mounted_and_named(value: str, source: str, name: str) -> None:
    objects = chart(f"caBundle={value}")
    items = [{"key": json.loads(value).get("key", "ca.crt"), "path": "ca.crt"}]
    volume = {"name": "ca-bundle", source: {name: "corporate", "items": items}}

    for where, spec in pod_specs(objects):
        if where.startswith("ClusterTrainingRuntime"):
            assert volume in spec["volumes"]
            for container in spec["containers"]:
                [mount] = [each for each in container["volumeMounts"] if each["name"] == "ca-bundle"]
                names = {
                    name for name, path in environment(container).items() if path == f"{mount['mountPath']}/ca.crt"
                }
                assert names == {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}


def test_a_single_replica_can_be_drained() -> None:
    assert not [each for each in chart("replicas=1") if each["kind"] == "PodDisruptionBudget"]


def test_crds_are_applied_before_install_and_upgrade_unless_switched_off() -> None:
    def hooks(objects: list[Manifest]) -> set[str]:
        annotated = [each for each in objects if "annotations" in each["metadata"]]
        return {
            each["kind"]
            for each in annotated
            if each["metadata"]["annotations"].get("helm.sh/hook") == "pre-install,pre-upgrade"
        }

    assert hooks(chart()) == {"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Job"}
    assert hooks(chart("crds.apply=false")) == set()


def test_what_is_said_of_pods_reaches_the_operators() -> None:
    deployment = one(
        chart(
            'nodeSelector={"a":"b"}',
            'tolerations=[{"operator":"Exists"}]',
            'affinity={"nodeAffinity":{}}',
            'priorityClassName="system-cluster-critical"',
            'podAnnotations={"c":"d"}',
            'podLabels={"e":"f"}',
            'resources={"requests":{"cpu":1},"limits":null}',
        ),
        "Deployment",
        "trainjob-operator",
    )

    template = deployment["spec"]["template"]
    assert template["metadata"]["annotations"] == {"c": "d"}
    assert template["metadata"]["labels"].items() >= {"e": "f"}.items()
    expected = {
        "nodeSelector": {"a": "b"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "system-cluster-critical",
    }
    assert {key: template["spec"][key] for key in expected} == expected
    assert template["spec"]["containers"][0]["resources"] == {"requests": {"cpu": 1, "memory": "192Mi"}}


def test_jobsets_crd_comes_only_if_it_is_asked_for_and_stays() -> None:
    name = "jobsets.jobset.x-k8s.io"
    assert name not in {each["metadata"]["name"] for each in chart()}
    assert one(chart("crds.jobset=true"), "CustomResourceDefinition", name)["metadata"]["annotations"] == {
        "helm.sh/resource-policy": "keep"
    }
