"""Admission as users meet it: kubectl's words, and a webhook that is there all the time."""

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest
from tests.cluster.installation import RELEASE, SYSTEM, Installation, installed
from tests.cluster.kube import Body, Kube, RefusedError
from tests.cluster.stub import RUNTIME, shipped_runtime, stub_runtime, trainjob
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster

from trainjob_operator.cli.app import main

# So short that certificate and authority are renewed again and again while these tests run.
LIFETIMES = "settings.CERTIFICATE_LIFETIME=60,settings.AUTHORITY_LIFETIME=180"
SECRET = "kubeflow-trainer-webhook-cert"  # noqa: S105 - the name of one
DENIED = 'admission webhook \\"validator.trainjob.trainer.kubeflow.org\\" denied the request'


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> Iterator[Installation]:
    with installed(cluster, f"--set={LIFETIMES}") as installation:
        yield installation


@pytest.fixture
def team(operator: Installation, kube: Kube, namespace: str) -> str:
    """A namespace with a runtime."""
    assert operator.has("validatingwebhookconfiguration", RELEASE)
    kube.create(shipped_runtime(namespace, RUNTIME))
    return namespace


def apply(operator: Installation, manifest: Body, *options: str) -> subprocess.CompletedProcess[str]:
    kubectl = [operator.cluster.spec.kubectl, f"--kubeconfig={operator.cluster.kubeconfig}"]
    return subprocess.run(
        [*kubectl, "apply", "--filename=-", *options],
        input=json.dumps(manifest),
        capture_output=True,
        text=True,
        check=False,
    )


def test_everything_that_is_wrong_is_said_at_once(operator: Installation, team: str) -> None:
    patch = {"template": {"spec": {"replicatedJobs": [{"name": "absent"}]}}}
    wrong = trainjob(
        team,
        "wrong",
        trainer={
            "command": ["tune", "run"],
            "args": ["output_dir=/tmp"],
            "env": [{"name": "PET_NNODES", "value": "2"}],
        },
        runtimePatches=[{"manager": "acme.io/queue", "trainingRuntimeSpec": patch}],
    )

    said = apply(operator, wrong)

    assert said.returncode != 0
    for part in ("(Forbidden)", "PET_NNODES", "output_dir", "absent"):
        assert part in said.stderr
    assert not operator.has("trainjob", "wrong", f"--namespace={team}")


def test_a_missing_runtime_is_told(operator: Installation, team: str) -> None:
    said = apply(operator, trainjob(team, "lonely", "absent"))

    assert "(Forbidden)" in said.stderr
    assert "must be created before the TrainJob is created" in said.stderr


def test_t22_a_name_that_is_too_long_is_refused_with_the_limit(operator: Installation, team: str) -> None:
    said = apply(operator, trainjob(team, "x" * 40, suspend=True))

    assert "(Forbidden)" in said.stderr
    assert "39" in said.stderr


def test_t35_a_misspelt_key_is_a_warning(operator: Installation, team: str) -> None:
    said = apply(operator, trainjob(team, "misspelt", suspend=True, trainer={"args": ["epcohs=3"]}))

    assert said.returncode == 0, said.stderr
    assert "Warning: " in said.stderr
    assert "epochs" in said.stderr


@pytest.mark.parametrize(
    "trainer",
    [
        {"args": ["epcohs=3"], "env": [{"name": "HF_TOKEN", "value": "hf_dummy"}], "numProcPerNode": "gpu"},
        {"command": ["tune", "run"], "args": ["output_dir=/tmp"], "env": [{"name": "PET_NNODES", "value": "2"}]},
        {"numNode": 2},
    ],
    ids=["good", "bad", "misspelt"],
)
def test_render_says_what_a_dry_run_says(
    operator: Installation, team: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], trainer: Body
) -> None:
    job = trainjob(team, "rendered", trainer=trainer)
    given = tmp_path / "job.json"
    given.write_text(json.dumps({"kind": "List", "items": [job, shipped_runtime(team, RUNTIME)]}))

    dry = apply(operator, job, "--dry-run=server")
    code = main(["plan", "--output=yaml", f"--filename={given}"])

    manifests, text = capsys.readouterr()
    said = [line.strip() for line in text.splitlines()]
    warnings = [line for line in said if line.startswith("Warning: ")]
    assert warnings == [line for line in dry.stderr.splitlines() if line.startswith("Warning: ")]
    assert code == (dry.returncode != 0)
    if code:
        errors = [line for line in said[1:] if line not in warnings]
        assert f": {'; '.join(errors)}\n" in dry.stderr
    else:
        assert len(warnings) == 3
        assert operator.kubectl("apply", "--dry-run=server", "--filename=-", text=manifests).count("created") == 6


@pytest.mark.usefixtures("operator")
def test_a_trainjob_goes_through_right_after_its_runtime(kube: Kube, namespace: str) -> None:
    for number in range(20):
        name = f"new-{number}"
        kube.create(stub_runtime(namespace, name))
        kube.create(trainjob(namespace, name, name, suspend=True))


def test_what_is_being_deleted_needs_no_operator(operator: Installation, kube: Kube, team: str) -> None:
    held = trainjob(team, "held", suspend=True)
    held["metadata"]["finalizers"] = ["example.com/held"]
    kube.create(held)
    kube.create(trainjob(team, "kept", suspend=True))
    operator.kubectl("scale", f"deployment/{RELEASE}", "--replicas=0", f"--namespace={SYSTEM}")
    try:
        operator.kubectl("wait", "--for=delete", "pods", "--all", f"--namespace={SYSTEM}", "--timeout=240s")
        with pytest.raises(RefusedError, match="failed calling webhook"):
            kube.patch("TrainJob", team, "kept", {"spec": {"ttlSecondsAfterFinished": 1}})
        kube.patch("TrainJob", team, "kept", {"metadata": {"labels": {"a": "b"}}})
        kube.delete("TrainJob", team, "held")
        kube.patch("TrainJob", team, "held", {"metadata": {"finalizers": None}})
        eventually(lambda: kube.find("TrainJob", team, "held") is None)
    finally:
        operator.kubectl("scale", f"deployment/{RELEASE}", "--replicas=2", f"--namespace={SYSTEM}")
        operator.await_rollout()
        operator.await_webhooks()


@dataclass(slots=True)
class Load:
    """What became of TrainJobs that were to be created one after the other, good ones and bad ones in turn."""

    good: int = 0
    bad: int = 0
    surprises: list[str] = field(default_factory=list)


@contextmanager
def load(kube: Kube, namespace: str) -> Iterator[Load]:
    """Have TrainJobs admitted, a few dozen a second, without storing them."""
    result, stop = Load(), Event()
    reserved = {"env": [{"name": "PET_NNODES", "value": "2"}]}

    def offer() -> None:
        while not stop.is_set():
            try:
                kube.create_dry(trainjob(namespace, "good"))
                result.good += 1
            except RefusedError as refusal:
                result.surprises.append(f"good: {refusal}")
            try:
                kube.create_dry(trainjob(namespace, "bad", trainer=reserved))
                result.surprises.append("bad: it was let through")
            except RefusedError as refusal:
                if DENIED in str(refusal) and ": 403 " in str(refusal):
                    result.bad += 1
                else:
                    result.surprises.append(f"bad: {refusal}")
            time.sleep(0.03)

    with ThreadPoolExecutor(2) as pool:
        offers = [pool.submit(offer) for _ in range(2)]
        try:
            yield result
        finally:
            stop.set()
            for each in offers:
                each.result()


def test_a_rolling_restart_leaves_no_hole_and_fails_no_request(operator: Installation, kube: Kube, team: str) -> None:
    with load(kube, team) as result:
        operator.kubectl("rollout", "restart", f"deployment/{RELEASE}", f"--namespace={SYSTEM}")
        operator.await_rollout()
        gone = ["--for=delete", "pods", f"--namespace={SYSTEM}", "--timeout=240s"]
        old = operator.kubectl("get", "pods", f"--namespace={SYSTEM}", "--output=json")
        leaving = [
            pod["metadata"]["name"] for pod in json.loads(old)["items"] if "deletionTimestamp" in pod["metadata"]
        ]
        if leaving:
            operator.kubectl("wait", *gone[:1], *(f"pod/{name}" for name in leaving), *gone[2:])

    print(f"{result.good} admitted, {result.bad} denied")
    assert result.surprises == []
    assert min(result.good, result.bad) > 50


def certificate(kube: Kube) -> tuple[str, str]:
    data = kube.get("Secret", SYSTEM, SECRET)["data"]
    return data["tls.crt"], data["ca.crt"]


def test_certificate_and_authority_are_renewed_without_a_failed_request(
    operator: Installation, kube: Kube, team: str
) -> None:
    certificates, authorities = set(), set()

    def both_were_renewed() -> bool:
        now = certificate(kube)
        certificates.add(now[0])
        authorities.add(now[1])
        return len(certificates) > 2 and len(authorities) > 1

    with load(kube, team) as result:
        eventually(both_were_renewed, every_s=1)

    assert result.surprises == []
    bundle = base64.b64decode(certificate(kube)[1]).decode()
    assert 1 < bundle.count("BEGIN CERTIFICATE") < 4
    eventually(lambda: trusted(operator) == {certificate(kube)[1]})


def trusted(operator: Installation) -> set[str]:
    both = f"mutatingwebhookconfiguration/{RELEASE}", f"validatingwebhookconfiguration/{RELEASE}"
    configurations = json.loads(operator.kubectl("get", *both, "--output=json"))["items"]
    return {webhook["clientConfig"]["caBundle"] for each in configurations for webhook in each["webhooks"]}


def test_a_ca_that_somebody_changed_is_put_right(operator: Installation, kube: Kube) -> None:
    patch = [{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]
    operator.kubectl(
        "patch", f"validatingwebhookconfiguration/{RELEASE}", "--type=json", f"--patch={json.dumps(patch)}"
    )

    eventually(lambda: trusted(operator) == {certificate(kube)[1]})
