"""How trainers report their progress: where to, whom they trust, and who they are, as in Kubeflow Trainer."""

from typing import Any

from trainjob_contract.environment import SERVER_CA_CERT, SERVER_TOKEN, SERVER_URL
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import Container, EnvVar, JobTemplate, VolumeMount
from trainjob_operator.naming import CA_KEY, snapshot_name, status_audience, status_path
from trainjob_operator.reconciler.merge.templates import add_volume, change_containers, upsert_env
from trainjob_operator.reconciler.state import Endpoint

_VOLUME = "kubeflow-trainer-token"
_FOLDER = "/var/run/secrets/kubeflow/trainer"
_TOKEN_SECONDS = 3600


def report_to(template: JobTemplate, job: TrainJob, endpoint: Endpoint) -> JobTemplate:
    """Give every container of the trainer the endpoint's URL, a token for this TrainJob alone, and the CA to trust.

    A container with something else mounted there, and a pod with a volume of that name, stay as they are.
    """
    if any(volume.name == _VOLUME for volume in template.spec.template.spec.volumes or ()):
        return template
    namespace, name = job.metadata.namespace or "", job.metadata.name
    environment = (
        EnvVar(name=SERVER_URL, value=endpoint.url_base + status_path(namespace, name)),
        EnvVar(name=SERVER_CA_CERT, value=f"{_FOLDER}/{CA_KEY}"),
        EnvVar(name=SERVER_TOKEN, value=f"{_FOLDER}/token"),
    )

    def equip(container: Container) -> Container:
        if any(mount.mount_path.rstrip("/") == _FOLDER for mount in container.volume_mounts or ()):
            return container
        mount = VolumeMount.model_validate({"name": _VOLUME, "mountPath": _FOLDER, "readOnly": True})
        mounts = (*(container.volume_mounts or ()), mount)
        return upsert_env(container, *environment).model_copy(update={"volume_mounts": mounts})

    return add_volume(change_containers(template, equip), _VOLUME, _source(namespace, name))


def _source(namespace: str, name: str) -> dict[str, Any]:
    token = {
        "audience": status_audience(namespace, name),
        "expirationSeconds": _TOKEN_SECONDS,
        "path": "token",
    }
    ca = {
        "name": snapshot_name(name),
        "items": [{"key": CA_KEY, "path": CA_KEY}],
        "optional": True,  # a snapshot that was made before there was an endpoint has none
    }
    return {"projected": {"sources": [{"serviceAccountToken": token}, {"configMap": ca}]}}
