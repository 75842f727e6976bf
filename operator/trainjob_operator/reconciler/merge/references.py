"""References to environment variables in a container's words, ``$(NAME)``, read as Kubernetes puts the values in.

(third_party/forked/golang/expansion.) The pod gets the words as they were written; only what checks them reads this.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from trainjob_operator.api.workload import Container

_REFERENCE = re.compile(r"\$(?:(\$)|\(([^()$]{0,255})\))")
_MOST_READ = 65536
"""Characters that all values may come to: each may refer to one before it many times, and grow with every step."""
_SECRET = re.compile(
    r"(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|SECRET_KEY|(SECRET|PRIVATE)_ACCESS_KEY|PRIVATE_KEY)$", re.IGNORECASE
)
# What the kubelet and the Job controller set, beside what stands in the pod.
_ADDED = re.compile(r"JOB_COMPLETION_INDEX|KUBERNETES_.*|.*_SERVICE_(HOST|PORT)(_.*)?|.*_PORT(_\d+_.*)?")

Environment = Mapping[str, str | None]
"""Values by name; None where the pod alone knows the value, or where it is nobody's business."""


def is_secret(variable: str) -> bool:
    """Tell by the name of an environment variable whether its value is nobody's business."""
    return _SECRET.search(variable) is not None


def environment_of(container: Container) -> Environment:
    """Return the environment that a container's words may refer to; a value may refer to those before it."""
    known: dict[str, str | None] = {}
    left = _MOST_READ
    for entry in container.env or ():
        is_known = (entry.model_extra or {}).get("valueFrom") is None and not is_secret(entry.name)
        value = expand(entry.value or "", known, left) if is_known and left > 0 else None
        left -= len(value or "")
        known[entry.name] = value if left >= 0 else None
    return known


def expand(word: str, environment: Environment, longest: int = _MOST_READ) -> str:
    """Put in the values that are known; others become ``${NAME}``, of which no check knows what it comes to.

    ``$$(NAME)`` is text. What would become longer than ``longest`` by it is left out.
    """
    left = longest

    def read(found: re.Match[str]) -> str:
        nonlocal left
        if found[1]:
            return "$"
        value = environment.get(found[2])
        left -= len(value or "")
        return f"${{{found[2]}}}" if value is None or left < 0 else value

    return _REFERENCE.sub(read, word)


def expand_all(words: Iterable[str], container: Container) -> tuple[str, ...]:
    """Return words of a container as its program will see them."""
    environment = environment_of(container)
    return tuple(expand(word, environment) for word in words)


def find_unset(word: str, container: Container) -> Iterator[str]:
    """Yield the names in a word that no environment of the container has; a Secret or a ConfigMap may have any."""
    names = {entry.name for entry in container.env or ()}
    for found in _REFERENCE.finditer(word) if not container.env_from else ():
        name = found[2]
        if name and name.isidentifier() and name not in names and not _ADDED.fullmatch(name):
            yield name
