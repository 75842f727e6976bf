"""Whether what is trained outlives the pod, and where it would."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.workload import Container, JobTemplate, Volume, VolumeMount
from trainjob_operator.torchtune.arguments import value_of
from trainjob_operator.torchtune.keys import keys_of
from trainjob_operator.torchtune.methods import method_of

_OUTPUT = "output_dir"
# Where the configs that TorchTune ships put the result.
_SHIPPED_OUTPUT = "/tmp/torchtune"  # noqa: S108 - a path in the pod
_FLEETING = {"emptyDir", "ephemeral"}
_WRITTEN_BY_OTHERS = {"configMap", "secret", "downwardAPI", "projected", "image", "gitRepo"}


def advise_on_result(run: TuneRun, container: Container, template: JobTemplate) -> Iterator[str]:
    """Yield a warning where the result is lost with the pod, or cannot be written."""
    output = value_of(run.overrides, _OUTPUT) or (_SHIPPED_OUTPUT if _OUTPUT in keys_of(run.recipe, run.config) else "")
    if method_of(run) is None or not output.startswith("/") or "${" in output:
        return
    lasting = set(_lasting(container, template))
    mounts = [one for one in container.volume_mounts or () if PurePosixPath(output).is_relative_to(one.mount_path)]
    nearest = max(mounts, key=lambda mount: len(PurePosixPath(mount.mount_path).parts), default=None)
    if nearest is not None and nearest.mount_path in lasting:
        return
    places = [mount.mount_path for mount in container.volume_mounts or () if mount.mount_path in lasting]
    remedy = (
        f"set {_OUTPUT}={places[0].rstrip('/')}/output"
        if places
        else "the trainer has none that can be written; name a runtime with a claim, or add a volume by runtimePatches"
    )
    yield f"spec.trainer: the result goes to {_OUTPUT}={output}, which is on no volume that outlives the pod: {remedy}"


def _lasting(container: Container, template: JobTemplate) -> Iterator[str]:
    """Yield the paths at which volumes are mounted that can be written, and are there when the pod is gone."""
    volumes = {volume.name: volume for volume in template.spec.template.spec.volumes or ()}
    for mount in container.volume_mounts or ():
        volume = volumes.get(mount.name)
        if volume is not None and _is_lasting(volume) and not _is_read_only(volume, mount):
            yield mount.mount_path


def _is_lasting(volume: Volume) -> bool:
    kinds = set(volume.model_extra or {})
    return bool(kinds) and kinds.isdisjoint(_FLEETING | _WRITTEN_BY_OTHERS)


def _is_read_only(volume: Volume, mount: VolumeMount) -> bool:
    sources = (volume.model_extra or {}).values()
    is_source = any(isinstance(source, dict) and source.get("readOnly") for source in sources)
    return is_source or bool((mount.model_extra or {}).get("readOnly"))
