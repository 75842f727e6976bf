"""What trainers are given so that they can report."""

from tests.factories.objects import env_of, runtime_with, step_of, trainjob

from trainjob_operator.reconciler.manifests.snapshot import build_snapshot
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Endpoint

ENDPOINT = Endpoint("https://trainer.system.svc:10443", "-----BEGIN CERTIFICATE-----")
FOLDER = "/var/run/secrets/kubeflow/trainer"


def reporting() -> ResolvedJob:
    result = resolve(trainjob(), runtime_with(), ENDPOINT)
    assert isinstance(result, ResolvedJob)
    return result


def test_every_container_of_the_trainer_knows_where_to_report() -> None:
    path = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/team-a/trainjobs/j/status"
    for container in step_of(reporting()).template.spec.template.spec.containers:
        environment = env_of(container)
        assert environment["KUBEFLOW_TRAINER_SERVER_URL"] == f"{ENDPOINT.url_base}{path}"
        assert environment["KUBEFLOW_TRAINER_SERVER_CA_CERT"] == f"{FOLDER}/ca.crt"
        assert environment["KUBEFLOW_TRAINER_SERVER_TOKEN"] == f"{FOLDER}/token"
        mount = next(one for one in container.volume_mounts or () if one.name == "kubeflow-trainer-token")
        assert mount.model_dump(by_alias=True) == {
            "name": "kubeflow-trainer-token",
            "mountPath": FOLDER,
            "readOnly": True,
        }


def test_the_token_is_good_for_this_trainjob_alone() -> None:
    volumes = step_of(reporting()).template.spec.template.spec.volumes or ()
    [volume] = [one.model_dump() for one in volumes if one.name == "kubeflow-trainer-token"]

    token, ca = volume["projected"]["sources"]

    assert token["serviceAccountToken"] == {
        "audience": "trainer.kubeflow.org/v1alpha1/namespaces/team-a/trainjobs/j/status",
        "expirationSeconds": 3600,
        "path": "token",
    }
    assert ca["configMap"]["name"] == "j-runtime-snapshot"
    assert build_snapshot(reporting())["data"]["ca.crt"] == ENDPOINT.ca


def test_initializers_report_nothing() -> None:
    container = step_of(reporting(), "dataset-initializer").template.spec.template.spec.containers[0]

    assert env_of(container).keys() == {"STORAGE_URI", "HOME"}


def test_what_is_mounted_there_already_stays() -> None:
    mounted = [{"name": "mine", "mountPath": FOLDER + "/"}]
    runtime = runtime_with(node={"volumeMounts": mounted})

    result = resolve(trainjob(), runtime, ENDPOINT)

    assert isinstance(result, ResolvedJob)
    [container] = step_of(result).template.spec.template.spec.containers
    assert [one.name for one in container.volume_mounts or () if one.mount_path.startswith(FOLDER)] == ["mine"]
    assert "KUBEFLOW_TRAINER_SERVER_URL" not in env_of(container)
