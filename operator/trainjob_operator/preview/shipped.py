"""The runtimes that come with this version.

``runtimes`` beside this module are copies of the project's folder of that name, made by ``make crds``: a package cannot
hold what lies outside of it. A cluster's own may differ, because the chart puts registries and proxies into them.
"""

from importlib import resources

import yaml

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef
from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME

_FOLDER = resources.files("trainjob_operator.preview").joinpath("runtimes")
_SUFFIX = ".yaml"


def shipped_names() -> tuple[str, ...]:
    """Name the runtimes that are shipped, sorted."""
    return tuple(sorted(file.name.removesuffix(_SUFFIX) for file in _FOLDER.iterdir() if file.name.endswith(_SUFFIX)))


def shipped_runtime(ref: RuntimeRef) -> Runtime | None:
    """Find a shipped runtime; each has a file of its name."""
    if ref.kind != CLUSTER_TRAINING_RUNTIME or ref.name not in shipped_names():
        return None
    return parse_runtime(yaml.safe_load(_FOLDER.joinpath(f"{ref.name}{_SUFFIX}").read_text(encoding="utf-8")))
