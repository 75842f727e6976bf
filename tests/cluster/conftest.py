"""An embedded cluster for all of these tests, or for each process that runs some, and a namespace for each."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.cluster import crds
from tests.cluster.kube import Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.replicas import Replicas
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, base_images, network, registry

# These take longest: they begin, so that none of them is what all wait for in the end.
LONGEST = ("test_crash_sweep", "test_sdk", "test_fuzz", "test_admission", "test_shipping", "test_kueue")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the files that take longest begin."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Two nodes with 8 GPUs each and an audit log; the image of Python is there, others are loaded by tests."""
    python = base_images.archive(base_images.PYTHON)
    name = f"test-{os.getpid()}"
    with Cluster.start(name, nodes=2, gpus=8, audit=True) as started:
        started.load(python)
        yield started
    assert registry.left_by(name) == []
    # The link goes with the network namespace at its other end, and the bridge is in there.
    eventually(lambda: network.host_interface(started.spec.slot) not in network.host_links())


@pytest.fixture(scope="session")
def kube(cluster: Cluster) -> Iterator[Kube]:
    """The API server, for tests that ask it often."""
    kube = Kube(cluster)
    yield kube
    kube.close()


@pytest.fixture
def namespace(kube: Kube) -> Iterator[str]:
    """A fresh namespace that enforces Pod Security `restricted`."""
    with Namespaces(kube) as namespaces:
        yield namespaces.make()


@pytest.fixture(scope="module")
def namespaces(kube: Kube) -> Iterator[Namespaces]:
    """Makes namespaces that are there until the module's last test has ended."""
    with Namespaces(kube) as namespaces:
        yield namespaces


@pytest.fixture(scope="module")
def replicas_of(
    cluster: Cluster, kube: Kube, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Sequence[str]], Replicas]]:
    """Makes replicas of the operator that serve some namespaces; ends them after the module's last test."""
    crds.install(cluster)
    with ExitStack() as stack:

        def serve(namespaces: Sequence[str]) -> Replicas:
            folder: Path = tmp_path_factory.mktemp("replicas")
            return stack.enter_context(Replicas(kube, folder, namespaces))

        yield serve


@pytest.fixture
def replicas(cluster: Cluster, kube: Kube, namespace: str, tmp_path: Path) -> Iterator[Replicas]:
    """Replicas of the operator for the test's namespace, none started yet."""
    crds.install(cluster)
    with Replicas(kube, tmp_path, [namespace]) as replicas:
        yield replicas
