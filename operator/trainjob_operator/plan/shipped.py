"""The runtimes that come with this version.

``runtimes`` beside this module is a link to the project's folder of that name, whose files are in the package when it
is built. A cluster's own may differ, because the chart puts registries and proxies into them.
"""

from importlib import resources

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef
from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME
from trainjob_operator.plain_yaml import load

_FOLDER = resources.files("trainjob_operator.plan").joinpath("runtimes")
_SUFFIX = ".yaml"
_NO_RUNTIME = "kustomization"


def shipped_names() -> tuple[str, ...]:
    """Name the runtimes that are shipped, sorted."""
    files = (file.name for file in _FOLDER.iterdir() if file.name.endswith(_SUFFIX))
    return tuple(sorted({name.removesuffix(_SUFFIX) for name in files} - {_NO_RUNTIME}))


def shipped_runtime(ref: RuntimeRef) -> Runtime | None:
    """Find a shipped runtime; each has a file of its name."""
    if ref.kind != CLUSTER_TRAINING_RUNTIME or ref.name not in shipped_names():
        return None
    text = _FOLDER.joinpath(f"{ref.name}{_SUFFIX}").read_text(encoding="utf-8")
    return parse_runtime(load(text))
