"""What Kubernetes takes for a name, a label, a resource or an image, as predicates.

Twins of k8s.io/apimachinery/pkg/util/validation and, for images, of distribution/reference, by which the kubelet reads.
"""

import re

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_LONGEST_SUBDOMAIN = 253
_WORD = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", re.ASCII)
_LONGEST_WORD = 63
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}", re.ASCII)
_VARIABLE = re.compile(r"[ -<>-~]+", re.ASCII)

_HOST = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_PATH = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:(?:{_HOST}(?:\.{_HOST})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?{_PATH}(?:/{_PATH})*"
    r"(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)
_OF_CONTAINERS = {"cpu", "memory", "ephemeral-storage"}
_HUGE_PAGES = "hugepages-"


def is_object_name(name: str) -> bool:
    """Tell whether a Secret, a ConfigMap, a claim or a service account can be called so."""
    return len(name) <= _LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(name) is not None


def is_qualified(key: str) -> bool:
    """Tell whether a label or a resource can be called so: a word, or a domain, a slash and a word."""
    prefix, slash, word = key.rpartition("/")
    return is_word(word) and bool(word) and (not slash or is_object_name(prefix))


def is_word(value: str) -> bool:
    """Tell whether this can be the value of a label; it may be empty."""
    return not value or (len(value) <= _LONGEST_WORD and _WORD.fullmatch(value) is not None)


def is_data_key(key: str) -> bool:
    """Tell whether a Secret or a ConfigMap can have this key."""
    return _CONFIG_KEY.fullmatch(key) is not None


def is_variable(name: str) -> bool:
    """Tell whether an environment variable can be called so: since Kubernetes 1.32 by all that is printable but "="."""
    return _VARIABLE.fullmatch(name) is not None


def is_image(reference: str) -> bool:
    """Tell whether an image can be called so."""
    return _IMAGE.fullmatch(reference) is not None


def is_extended(resource: str) -> bool:
    """Tell whether a resource is a device that somebody else than Kubernetes counts."""
    prefix, slash, _ = resource.rpartition("/")
    return bool(slash) and not f".{prefix}".endswith(".kubernetes.io") and not resource.startswith("requests.")


def is_of_containers(resource: str) -> bool:
    """Tell whether a container can ask for a resource."""
    return is_qualified(resource) and (
        "/" in resource or resource in _OF_CONTAINERS or resource.startswith(_HUGE_PAGES)
    )


def is_indivisible(resource: str) -> bool:
    """Tell whether Kubernetes gives no more of a resource than is requested, so that limit and request are equal."""
    return is_extended(resource) or resource.startswith(_HUGE_PAGES)
