"""The runtimes in the chart: which come along, for which accelerator."""

import gzip
from base64 import b64encode

import pytest
from tests.factories.rendering import CHART, NAMESPACE, RUNTIMES, chart, run_tool, runtime_containers

from trainjob_operator import __version__

SMOLLM2 = "torchtune-smollm2-135m"
LLAMA = "torchtune-llama3.2-1b"
ALL = {file.stem for file in RUNTIMES.glob("*.yaml")} - {"kustomization"}


def test_cpu_trainers_ask_for_no_gpu_and_run_the_image_for_cpus() -> None:
    containers = runtime_containers(chart('runtimes.accelerator="cpu"'))

    for name in (LLAMA, SMOLLM2):
        assert containers[f"{name}/node"]["image"] == f"ghcr.io/trainjob-operator/torchtune-cpu:{__version__}"
        assert "resources" not in containers[f"{name}/node"]


def test_the_cpu_image_can_be_had_with_gpu_limits() -> None:
    containers = runtime_containers(chart('runtimes.images.trainer.repository="trainjob-operator/torchtune-cpu"'))

    assert containers[f"{SMOLLM2}/node"]["image"] == f"ghcr.io/trainjob-operator/torchtune-cpu:{__version__}"
    assert containers[f"{SMOLLM2}/node"]["resources"] == {"limits": {"nvidia.com/gpu": 1}}


def test_initializers_get_limits_where_quotas_ask_for_them() -> None:
    limits = {"limits": {"cpu": 1, "memory": "1Gi"}}

    containers = runtime_containers(chart('runtimes.initializerResources={"limits":{"cpu":1,"memory":"1Gi"}}'))

    assert containers[f"{LLAMA}/model-initializer"]["resources"] == limits
    assert containers[f"{LLAMA}/dataset-initializer"]["resources"] == limits
    assert containers[f"{LLAMA}/node"]["resources"] == {"limits": {"nvidia.com/gpu": 2}}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("runtimes.enabled=false", set()),
        (f'runtimes.names=["{SMOLLM2}"]', {SMOLLM2}),
        (
            'runtimes.families=["llama3.2","torch-distributed"]',
            {
                *(LLAMA, f"{LLAMA}-fast", f"{LLAMA}-kd"),
                *("torchtune-llama3.2-3b", "torchtune-llama3.2-3b-fast", "torch-distributed"),
            },
        ),
        ("runtimes={}", ALL),
    ],
)
def test_runtimes_are_a_choice(value: str, names: set[str]) -> None:
    found = {each["metadata"]["name"] for each in chart(value) if each["kind"] == "ClusterTrainingRuntime"}

    assert found == names


def test_the_release_fits_into_its_secret() -> None:
    """Helm keeps the whole release in a Secret, gzipped and base64-encoded; a Secret holds 1 MiB."""
    release = run_tool("helm", "install", "a", CHART, "--dry-run=client", "--output", "json", "--namespace", NAMESPACE)

    assert len(b64encode(gzip.compress(release.encode()))) < 256 * 1024
