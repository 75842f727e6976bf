"""YAML in and out: the TrainJobs and runtimes that somebody gives, and the manifests that are made of them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from trainjob_operator.admission.normal import Object, object_at
from trainjob_operator.errors import UnreadableTextError
from trainjob_operator.naming import API_VERSION, CLUSTER_TRAINING_RUNTIME, GROUP, TRAINING_RUNTIME, TRAINJOB
from trainjob_operator.plain_yaml import load_all
from trainjob_operator.reconciler.state import Manifest

_LONGEST = 64 * 1024 * 1024
_MOST = 4_000_000
_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """Reads scalars as kubectl does: 1e-4 is a number, and neither 2026-10-01 nor 1:30 is anything but text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag.removeprefix(_TAG) not in {"timestamp", "int", "float"}]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    f"{_TAG}int",
    re.compile(r"^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    f"{_TAG}float",
    re.compile(r"^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$"),
    list("-+0123456789."),
)


class _Dumper(yaml.SafeDumper):
    """Never refers from one place to another."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What tells an object from all others; ``namespace`` is empty for those of the whole cluster."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Write it as one speaks of it."""
        return f"{self.kind} {'/'.join(part for part in (self.namespace, self.name) if part) or 'without a name'}"


@dataclass(frozen=True, slots=True)
class Documents:
    """What was given.

    Attributes:
        trainjobs, runtimes: each in the namespace that it names, or else the default.
        others: objects of other kinds.
        errors: why not all of it can be read, a sentence each.
    """

    trainjobs: tuple[tuple[Identity, Object], ...]
    runtimes: Mapping[Identity, Object]
    others: tuple[Identity, ...] = ()
    errors: tuple[str, ...] = ()


def read_documents(sources: Sequence[tuple[str, bytes]], namespace: str) -> Documents:
    """Read texts, each with the name of where it comes from; lists, as ``kubectl get`` gives them, are taken apart."""
    errors: list[str] = []
    known: list[tuple[Identity, Object]] = []
    for source, text in sources:
        for body in _objects(source, text, errors):
            identity = _identify(body, namespace)
            version = body.get("apiVersion")
            if version == API_VERSION or not _is_ours(identity.kind, version):
                known.append((identity, body))
            else:
                errors.append(f"{source}: {identity} has the apiVersion {version}; {API_VERSION} is the one there is")
    trainjobs = tuple((identity, body) for identity, body in known if identity.kind == TRAINJOB)
    runtimes = {identity: body for identity, body in known if _is_runtime(identity.kind)}
    others = tuple(identity for identity, _ in known if identity.kind != TRAINJOB and not _is_runtime(identity.kind))
    if not trainjobs and not errors:
        errors.append(f"there is no TrainJob in {' and '.join(source for source, _ in sources)}")
    return Documents(trainjobs, runtimes, others, tuple(errors))


def write_manifests(manifests: Iterable[Manifest]) -> str:
    """Write manifests as documents of one YAML text; same input, same bytes."""
    return yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, width=120)


def _objects(source: str, text: bytes, errors: list[str]) -> Iterator[Object]:
    try:
        documents = load_all(text, loader=_Loader, longest=_LONGEST, most=_MOST, with_references=True)
        for number, document in enumerate(documents, 1):
            for body in _members(document):
                if isinstance(body, Mapping) and isinstance(body.get("kind"), str):
                    yield body
                elif body is not None:
                    errors.append(f"{source}: document {number} is no Kubernetes object: it has no kind")
    except UnreadableTextError as error:
        errors.append(f"{source}: {error}")


def _members(document: object) -> Iterable[object]:
    """Take a list apart; anything else is its own only member."""
    if isinstance(document, Mapping) and str(document.get("kind")).endswith("List"):
        items = document.get("items")
        return items if isinstance(items, list) else ()
    return (document,)


def _identify(body: Object, namespace: str) -> Identity:
    metadata = object_at(body, "metadata")
    kind = str(body["kind"])
    scope = "" if kind == CLUSTER_TRAINING_RUNTIME else str(metadata.get("namespace") or namespace)
    return Identity(kind, scope, str(metadata.get("name") or ""))


def _is_runtime(kind: str) -> bool:
    return kind in {TRAINING_RUNTIME, CLUSTER_TRAINING_RUNTIME}


def _is_ours(kind: str, version: object) -> bool:
    """Tell whether an object is, or is meant to be, one of ours."""
    return kind == TRAINJOB or _is_runtime(kind) or str(version).startswith(f"{GROUP}/")
