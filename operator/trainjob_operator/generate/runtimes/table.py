"""The list of the bundled runtimes in their README, read off their manifests."""

from collections.abc import Mapping, Sequence
from typing import Any

from trainjob_contract.environment import STORAGE_URI
from trainjob_operator.naming import METHOD_LABEL, MODEL_INITIALIZER, NODE
from trainjob_operator.torchtune.models import MODELS

_BEGIN, _END = "<!-- The table is made by `make runtimes`. -->\n", "<!-- end -->\n"
_HEAD = (
    "| runtime | model | method | GPUs | memory | volume |",
    "|---|---|---|---|---|---|",
)
_GATED = {model.repository for model in MODELS.values() if model.is_gated}


def replace_table(text: str, manifests: Sequence[Mapping[str, Any]]) -> str:
    """Put the table of these runtimes between its marks in a text."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    table = "\n".join((*_HEAD, *map(_row, sorted(manifests, key=lambda one: str(one["metadata"]["name"])))))
    return f"{before}{_BEGIN}\n{table}\n\n{_END}{after}"


def _row(manifest: Mapping[str, Any]) -> str:
    spec = manifest["spec"]["template"]["spec"]
    containers = {
        step["name"]: step["template"]["spec"]["template"]["spec"]["containers"][0] for step in spec["replicatedJobs"]
    }
    resources = containers[NODE].get("resources", {})
    cells = (
        f"`{manifest['metadata']['name']}`",
        ", ".join(_repository(one) for name, one in containers.items() if _is_model(name, one)) or "-",
        manifest["metadata"]["labels"].get(METHOD_LABEL, "-"),
        str(resources.get("limits", {}).get("nvidia.com/gpu", "-")),
        resources.get("requests", {}).get("memory", "-"),
        _volume(spec),
    )
    return f"| {' | '.join(cells)} |"


def _is_model(name: str, container: Mapping[str, Any]) -> bool:
    return name == MODEL_INITIALIZER or container.get("args") == ["model"]


def _repository(container: Mapping[str, Any]) -> str:
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}
    repository = str(environment[STORAGE_URI]).removeprefix("hf://")
    return repository + (" *" if repository in _GATED else "")


def _volume(spec: Mapping[str, Any]) -> str:
    for policy in spec.get("volumeClaimPolicies", ()):
        for template in policy["templates"]:
            return str(template["spec"]["resources"]["requests"]["storage"])
    return "-"
