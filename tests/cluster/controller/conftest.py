"""The operator's own client in this process, with an administrator's rights or with those that a test gives it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.cluster import crds
from tests.cluster.controller.account import Account
from tests.cluster.kube import Kube
from tests.devcluster import Cluster

from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.connection import from_kubeconfig
from trainjob_operator.controller.kube.transport import Transport
from trainjob_operator.controller.telemetry.metrics import Metrics


@pytest.fixture(scope="module")
def our_kinds(cluster: Cluster) -> None:
    """The CRDs are served."""
    crds.install(cluster)


@pytest.fixture
def metrics() -> Metrics:
    """What the clients of a test count."""
    return Metrics()


@pytest.fixture
async def client(cluster: Cluster, metrics: Metrics) -> AsyncIterator[KubeClient]:
    async with Transport(from_kubeconfig(cluster.kubeconfig), metrics) as transport:
        yield KubeClient(transport)


@pytest.fixture
def account(kube: Kube, namespace: str) -> Iterator[Account]:
    account = Account(kube, namespace)
    account.create_role()
    yield account
    account.delete_role()


@pytest.fixture
async def restricted_client(account: Account, metrics: Metrics) -> AsyncIterator[KubeClient]:
    """A client that may do what the account is allowed: nothing at first."""
    async with Transport(account.connection(), metrics) as transport:
        yield KubeClient(transport)
