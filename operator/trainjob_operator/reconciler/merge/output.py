"""Where the result goes: to which folder in the pod, and on which claim that is."""

from pathlib import PurePosixPath
from typing import Any

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.workload import JobTemplate, VolumeMount
from trainjob_operator.api.workspace import OutputStatus
from trainjob_operator.naming import NODE
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.torchtune.arguments import value_of
from trainjob_operator.torchtune.keys import keys_of
from trainjob_operator.torchtune.methods import method_of

OUTPUT_KEY = "output_dir"
# Where the configs that TorchTune ships put the result.
_SHIPPED_OUTPUT = "/tmp/torchtune"  # noqa: S108 - a path in the pod
_CLAIM = "persistentVolumeClaim"


def folder_of(run: TuneRun) -> str | None:
    """Give the folder of the result in the pod; None if nothing is trained, or only the pod can tell."""
    shipped = _SHIPPED_OUTPUT if OUTPUT_KEY in keys_of(run.recipe, run.config) else ""
    output = value_of(run.overrides, OUTPUT_KEY) or shipped
    is_known = method_of(run) is not None and output.startswith("/") and "${" not in output
    return output if is_known else None


def nearest_mount(folder: str, mounts: tuple[VolumeMount, ...]) -> VolumeMount | None:
    """Find where the volume is mounted that a folder of the pod is on."""
    above = (one for one in mounts if PurePosixPath(folder).is_relative_to(one.mount_path))
    return max(above, key=lambda mount: len(PurePosixPath(mount.mount_path).parts), default=None)


def find_output(run: TuneRun | None, template: JobTemplate) -> OutputStatus | None:
    """Find the claim on which the result will be; None if that is not known, or it is on none."""
    container = find_container(template, NODE)
    folder = folder_of(run) if run is not None else None
    if container is None or folder is None or ".." in PurePosixPath(folder).parts:
        return None
    mount = nearest_mount(folder, container.volume_mounts or ())
    extra: dict[str, Any] = (mount.model_extra if mount is not None else None) or {}
    if mount is None or extra.get("subPathExpr"):
        return None
    volumes = template.spec.template.spec.volumes or ()
    source = next(((one.model_extra or {}).get(_CLAIM) for one in volumes if one.name == mount.name), None)
    claim = source.get("claimName") if isinstance(source, dict) else None
    if not claim:
        return None
    path = PurePosixPath(extra.get("subPath") or "") / PurePosixPath(folder).relative_to(mount.mount_path)
    return OutputStatus(claim_name=str(claim), path="" if path == PurePosixPath() else str(path))
