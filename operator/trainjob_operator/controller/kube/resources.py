"""The kinds that the operator deals with, and where the API server serves them."""

from dataclasses import dataclass
from urllib.parse import quote

from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME, GROUP, TRAINING_RUNTIME, TRAINJOB, VERSION


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind as the API server serves it. ``group`` is empty for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    is_namespaced: bool = True

    def path(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """Give the path of the collection, of one object in it or of a subresource; no namespace means all of them."""
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if namespace is not None and self.is_namespaced:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        parts += [part for part in (name, subresource) if part is not None]
        return "/".join((parts[0], *map(_quote, parts[1:])))


def _quote(part: str) -> str:
    """Keep a name from being more than one part of a path, or another one than it is.

    Raises:
        ValueError: no object has this name.
    """
    if part in {"", ".", ".."}:
        raise ValueError(f"{part!r} is no name of an object")
    return quote(part, safe="")


TRAINJOBS = Resource(GROUP, VERSION, "trainjobs", TRAINJOB)
TRAINING_RUNTIMES = Resource(GROUP, VERSION, "trainingruntimes", TRAINING_RUNTIME)
CLUSTER_TRAINING_RUNTIMES = Resource(
    GROUP, VERSION, "clustertrainingruntimes", CLUSTER_TRAINING_RUNTIME, is_namespaced=False
)
JOBS = Resource("batch", "v1", "jobs", "Job")
PODS = Resource("", "v1", "pods", "Pod")
SERVICES = Resource("", "v1", "services", "Service")
CLAIMS = Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SECRETS = Resource("", "v1", "secrets", "Secret")
EVENTS = Resource("", "v1", "events", "Event")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
MUTATING_WEBHOOKS = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "mutatingwebhookconfigurations",
    "MutatingWebhookConfiguration",
    is_namespaced=False,
)
VALIDATING_WEBHOOKS = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
    is_namespaced=False,
)
TOKEN_REVIEWS = Resource("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", is_namespaced=False)
CRDS = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", is_namespaced=False
)

OWN_KINDS = (TRAINJOBS, TRAINING_RUNTIMES, CLUSTER_TRAINING_RUNTIMES)
CHILD_KINDS = {resource.kind: resource for resource in (CONFIG_MAPS, SERVICES, CLAIMS, JOBS)}
