"""The stage of `make demo` for tests: one cluster whose pods really train, with tiny models from a local Hub."""

import os
from collections.abc import Iterator

import pytest
from tests.cluster.kube import Kube
from tests.demo import stage
from tests.devcluster import Cluster, registry
from tests.e2e.tiny_jobs import DATASET, MODEL, PREFERENCES
from tests.models import store


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A node with 8 GPUs that are not there, the operator, and a Hub that serves tiny models."""
    name = f"train-{os.getpid()}"
    tiny = store.tiny()
    repositories: stage.Repositories = {
        ("model", MODEL): tiny / "model",
        ("dataset", DATASET): tiny / "dataset",
        ("dataset", PREFERENCES): tiny / "preferences",
    }
    machinery = stage.make_machinery(print)
    with (
        stage.start_cluster(name, machinery, nodes=1, gpus=8, stays=False, say=print) as started,
        stage.hub(started, repositories) as url,
    ):
        stage.make_namespaces(started)
        stage.install_operator(started, url)
        yield started
    assert registry.left_by(name) == []


@pytest.fixture(scope="session")
def kube(cluster: Cluster) -> Iterator[Kube]:
    """The API server."""
    kube = Kube(cluster)
    yield kube
    kube.close()
