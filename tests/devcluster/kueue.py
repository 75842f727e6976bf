"""Kueue's own controller, as its chart installs it: both come out of the Go module that `go/kueue` pins."""

import json
from pathlib import Path
from typing import Any

import yaml

from tests.devcluster import binaries
from tests.devcluster.cache import cache_dir, made
from tests.devcluster.packages import output_of
from tests.devcluster.static_image import write_image

NAMESPACE = "kueue-system"
RELEASE = "kueue"
_REPOSITORY, _TAG = "registry.k8s.io/kueue/kueue", "devcluster"


def image() -> Path:
    """Return an archive of Kueue's image; the program is built first where it is not in the cache."""
    program = binaries.programs((binaries.KUEUE,))["manager"]
    path = cache_dir() / "images" / f"{program.parent.name}.tar"
    return made(path, lambda partial: write_image(f"{_REPOSITORY}:{_TAG}", program, partial))


def manifests() -> list[dict[str, Any]]:
    """Return what the chart renders: its own configuration, and Workloads tell whether their pods are ready.

    The API for looks into queues is left out: the embedded cluster's API server has no certificate that an aggregated
    one would trust.
    """
    chart = binaries.source(binaries.KUEUE, "sigs.k8s.io/kueue") / "charts" / "kueue"
    own = yaml.safe_load((chart / "values.yaml").read_text())["managerConfig"]["controllerManagerConfigYaml"]
    configuration = yaml.safe_load(own) | {"waitForPodsReady": {"timeout": "10m"}}
    values = {
        "controllerManager": {
            "featureGates": [{"name": "VisibilityOnDemand", "enabled": False}],
            "manager": {
                "image": {"repository": _REPOSITORY, "tag": _TAG, "pullPolicy": "Never"},
                "resources": {"requests": {"cpu": "10m"}},
            },
            "readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 1},
        },
        "managerConfig": {"controllerManagerConfigYaml": yaml.safe_dump(configuration)},
    }
    helm = binaries.tools() / "helm"
    rendered = output_of(
        helm, "template", RELEASE, chart, f"--namespace={NAMESPACE}", "--values=-", text=json.dumps(values)
    )
    documents = yaml.load_all(rendered, yaml.CSafeLoader)  # a megabyte
    return [document for document in documents if document and document["kind"] != "APIService"]
