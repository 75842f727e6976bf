"""T26: the operator goes while TrainJobs live; they can be deleted, and what runs is taken on by the next one."""

import json
from functools import partial

from tests.cluster.installation import CHART, RELEASE, USERS, Installation, installed
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster

WAITS = "import os, time\nwhile not os.path.exists('/workspace/finish'): time.sleep(0.2)"
FINISH = "open('/workspace/finish', 'x').close()"


def uid_of(installation: Installation, name: str) -> str:
    return installation.kubectl(
        "get", "job", f"{name}-node-0", f"--namespace={USERS}", "--output=jsonpath={.metadata.uid}"
    )


def test_t26_uninstall_with_live_trainjobs_hangs_nothing_and_reinstall_adopts_what_runs(cluster: Cluster) -> None:
    with installed(cluster) as installation:
        documents = [stub_runtime(USERS, node=WAITS), trainjob(USERS, "leaves"), trainjob(USERS, "stays")]
        installation.kubectl("apply", "--filename=-", text="\n---\n".join(map(json.dumps, documents)))
        for name in ("leaves", "stays"):
            eventually(partial(installation.has, f"job/{name}-node-0", f"--namespace={USERS}"))
            installation.kubectl(
                *("wait", "--for=jsonpath={.status.ready}=1", f"job/{name}-node-0"),
                *(f"--namespace={USERS}", "--timeout=240s"),
            )
        before = uid_of(installation, "stays")

        installation.helm("uninstall", RELEASE, "--wait")
        installation.kubectl("delete", "trainjob", "leaves", f"--namespace={USERS}", "--timeout=30s")
        gone = ["job/leaves-node-0", "pvc/initializer-leaves", "service/leaves"]
        installation.kubectl("wait", "--for=delete", *gone, f"--namespace={USERS}", "--timeout=240s")

        installation.helm("install", RELEASE, str(CHART), "--wait", "--timeout=8m")
        installation.await_webhooks()
        pod = "--selector=batch.kubernetes.io/job-name=stays-node-0"
        [running] = installation.kubectl("get", "pods", pod, f"--namespace={USERS}", "--output=name").split()
        installation.kubectl("exec", running, f"--namespace={USERS}", "--", "python3", "-c", FINISH)
        installation.kubectl(
            "wait", "--for=condition=Complete", "trainjob/stays", f"--namespace={USERS}", "--timeout=240s"
        )
        assert uid_of(installation, "stays") == before

        installation.helm("uninstall", RELEASE, "--wait")
        installation.kubectl("delete", "namespace", USERS, "--timeout=240s")
        eventually(lambda: not installation.has("namespace", USERS))
