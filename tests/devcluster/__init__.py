"""A Kubernetes of real parts on one Linux machine, for the demo, the tests and the benchmark."""

from tests.devcluster.cluster import Cluster
from tests.devcluster.errors import DevclusterError

__all__ = ["Cluster", "DevclusterError"]
