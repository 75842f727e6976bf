"""Namespaces for tests."""

import itertools
import os
from types import TracebackType
from typing import Self

from tests.cluster.kube import Kube
from tests.cluster.waiting import eventually

_numbers = itertools.count(1)


class Namespaces:
    """Makes namespaces that enforce Pod Security `restricted`; leaving its `with` block deletes them."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._names: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._names:
            self._kube.delete("Namespace", "", name)

    def make(self) -> str:
        """Make a namespace whose pods can run."""
        name = f"test-{os.getpid()}-{next(_numbers)}"
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        metadata = {"name": name, "labels": labels}
        self._kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        self._names.append(name)
        eventually(lambda: self._kube.find("ServiceAccount", name, "default"))
        return name
