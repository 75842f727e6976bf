"""One embedded cluster for all of these tests, and a namespace of its own for each."""

import itertools
import json
import os
from collections.abc import Iterator

import pytest
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, base_images, registry

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Two nodes with 8 GPUs each and an audit log; the image of Python is there, others are loaded by tests."""
    python = base_images.archive(base_images.PYTHON)
    name = f"test-{os.getpid()}"
    with Cluster.start(name, nodes=2, gpus=8, audit=True) as started:
        started.load(python)
        yield started
    assert registry.left_by(name) == []


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A fresh namespace that enforces Pod Security `restricted`."""
    name = f"test-{next(_numbers)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    cluster.kubectl("create", "--filename=-", text=json.dumps(manifest))
    eventually(lambda: "default" in cluster.kubectl("get", "serviceaccounts", "--namespace", name, "--output=name"))
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")
