"""Changes of Job templates; every function gives a new one."""

from collections.abc import Callable, Iterator
from typing import Any

from trainjob_operator.api.workload import Container, EnvVar, JobTemplate, PodSpec, Volume, VolumeMount


def containers_of(template: JobTemplate) -> Iterator[Container]:
    """Yield all containers, those that run first before the others."""
    pod = template.spec.template.spec
    yield from pod.init_containers or ()
    yield from pod.containers


def find_container(template: JobTemplate, name: str) -> Container | None:
    """Find a container that is no init container."""
    return next((container for container in template.spec.template.spec.containers if container.name == name), None)


def mounts(template: JobTemplate, volume: str) -> bool:
    """Tell whether any container mounts a volume."""
    return any(mount.name == volume for container in containers_of(template) for mount in container.volume_mounts or ())


def change_pod(template: JobTemplate, change: Callable[[PodSpec], PodSpec]) -> JobTemplate:
    """Change the pod's specification."""
    pod = template.spec.template.model_copy(update={"spec": change(template.spec.template.spec)})
    return template.model_copy(update={"spec": template.spec.model_copy(update={"template": pod})})


def change_container(template: JobTemplate, name: str, change: Callable[[Container], Container]) -> JobTemplate:
    """Change a container that is no init container; a template without it stays as it is."""
    return change_pod(
        template,
        lambda pod: pod.model_copy(
            update={"containers": tuple(change(one) if one.name == name else one for one in pod.containers)}
        ),
    )


def change_init_container(template: JobTemplate, name: str, change: Callable[[Container], Container]) -> JobTemplate:
    """Change an init container; a template without it stays as it is."""
    known = template.spec.template.spec.init_containers or ()
    if all(one.name != name for one in known):
        return template
    changed = tuple(change(one) if one.name == name else one for one in known)
    return change_pod(template, lambda pod: pod.model_copy(update={"init_containers": changed}))


def change_containers(template: JobTemplate, change: Callable[[Container], Container]) -> JobTemplate:
    """Change all containers that are no init containers."""
    return change_pod(template, lambda pod: pod.model_copy(update={"containers": tuple(map(change, pod.containers))}))


def add_volume(template: JobTemplate, volume: str, source: dict[str, Any]) -> JobTemplate:
    """Add a volume to the pod, unless it has one of that name."""
    volumes = template.spec.template.spec.volumes or ()
    if any(known.name == volume for known in volumes):
        return template
    added = (*volumes, Volume.model_validate({"name": volume, **source}))
    return change_pod(template, lambda pod: pod.model_copy(update={"volumes": added}))


def add_mount(container: Container, volume: str, path: str) -> Container:
    """Mount a volume in a container, unless something is mounted there."""
    known = container.volume_mounts or ()
    if any(mount.mount_path.rstrip("/") == path for mount in known):
        return container
    return container.model_copy(update={"volume_mounts": (*known, VolumeMount(name=volume, mount_path=path))})


def upsert_env(container: Container, *entries: EnvVar) -> Container:
    """Set environment variables: one that is there is replaced as a whole where it stands, others come last."""
    table = {entry.name: entry for entry in (*(container.env or ()), *entries)}
    return container.model_copy(update={"env": tuple(table.values())})
