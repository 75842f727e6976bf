"""Whether what is trained outlives the pod, and where it would."""

from collections.abc import Iterator

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.workload import Container, JobTemplate, Volume, VolumeMount
from trainjob_operator.reconciler.merge.output import OUTPUT_KEY, folder_of, nearest_mount

_FLEETING = {"emptyDir", "ephemeral"}
_WRITTEN_BY_OTHERS = {"configMap", "secret", "downwardAPI", "projected", "image", "gitRepo"}


def advise_on_result(run: TuneRun, container: Container, template: JobTemplate) -> Iterator[str]:
    """Yield a warning where the result is lost with the pod, or cannot be written."""
    output = folder_of(run)
    if output is None:
        return
    lasting = set(_lasting(container, template))
    nearest = nearest_mount(output, container.volume_mounts or ())
    if nearest is not None and nearest.mount_path in lasting:
        return
    places = [mount.mount_path for mount in container.volume_mounts or () if mount.mount_path in lasting]
    remedy = (
        f"set {OUTPUT_KEY}={places[0].rstrip('/')}/output"
        if places
        else "the trainer has none that can be written; ask for one by spec.workspace, or name a runtime with a claim"
    )
    yield (
        f"spec.trainer: the result goes to {OUTPUT_KEY}={output}, which is on no volume that outlives the pod: {remedy}"
    )


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
