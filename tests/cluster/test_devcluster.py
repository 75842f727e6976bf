"""The embedded cluster behaves as a cluster does: what the other tests stand on."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.waiting import eventually
from tests.devcluster import Cluster, DevclusterError, base_images, network, registry
from tests.devcluster.cache import ROOT

_USER = 65532
_READY = "{.items[*].status.conditions[?(@.type=='Ready')].status}"


def _pod(name: str, script: str, **container: object) -> dict[str, Any]:
    """A pod that runs a Python script, as `restricted` wants it; `container` overrides fields of its container."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 2,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": _USER,
                "fsGroup": _USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "main",
                    "image": base_images.PYTHON,
                    "command": ["python3", "-u", "-c", script],
                    "securityContext": {
                        "readOnlyRootFilesystem": True,
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
                | container
            ],
        },
    }


def _apply(cluster: Cluster, namespace: str, *objects: dict[str, Any]) -> None:
    items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    cluster.kubectl("apply", "--namespace", namespace, "--filename=-", text=json.dumps(items))


def _state(cluster: Cluster, namespace: str, pod: str) -> dict[str, Any]:
    """The state of a pod's only container; {} before it has any."""
    status = json.loads(cluster.kubectl("get", "pod", pod, "--namespace", namespace, "--output=json"))["status"]
    states: list[dict[str, Any]] = [container["state"] for container in status.get("containerStatuses", [])]
    return states[0] if states else {}


def _phase(cluster: Cluster, namespace: str, pod: str) -> str:
    return cluster.kubectl("get", "pod", pod, "--namespace", namespace, "--output=jsonpath={.status.phase}")


def _fetch(*urls: str) -> str:
    """A script that prints the status of each URL's answer."""
    return f"import urllib.request as r\nfor url in {urls!r}: print(r.urlopen(url, timeout=5).status)"


def _ended(cluster: Cluster, namespace: str, pod: str) -> dict[str, Any]:
    """How a pod's only container ended."""
    ended: dict[str, Any] = eventually(lambda: _state(cluster, namespace, pod).get("terminated", {}))
    return ended


def test_job_with_volume_and_gpu_completes_under_restricted(cluster: Cluster, namespace: str) -> None:
    script = (
        "import os; index = os.environ['JOB_COMPLETION_INDEX']; "
        "open(f'/workspace/{index}', 'w').write(str(os.getuid())); "
        "open('/dev/termination-log', 'w').write('written')"
    )
    pod = _pod("unused", script, resources={"limits": {"nvidia.com/gpu": 4}})
    [container] = pod["spec"]["containers"]
    container["volumeMounts"] = [{"name": "workspace", "mountPath": "/workspace"}]
    pod["spec"]["volumes"] = [{"name": "workspace", "persistentVolumeClaim": {"claimName": "workspace"}}]
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "workspace"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "train"},
        "spec": {
            "completionMode": "Indexed",
            "completions": 2,
            "parallelism": 2,
            "template": {"spec": pod["spec"]},
        },
    }

    _apply(cluster, namespace, claim, job)

    wait = ("--for=condition=Complete", "--timeout=240s")
    cluster.kubectl("wait", "job/train", "--namespace", namespace, *wait)
    volume = cluster.kubectl(
        "get", "pvc", "workspace", "--namespace", namespace, "--output=jsonpath={.spec.volumeName}"
    )
    folder = Path(cluster.kubectl("get", "pv", volume, "--output=jsonpath={.spec.local.path}"))
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"0": str(_USER), "1": str(_USER)}

    cluster.kubectl("delete", "job/train", "pvc/workspace", "--namespace", namespace)
    eventually(lambda: not folder.exists())


def test_privileged_pod_is_refused_under_restricted(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(DevclusterError, match="violates PodSecurity"):
        _apply(cluster, namespace, _pod("root", "", securityContext={"privileged": True}))


def test_more_gpus_than_a_node_has_stays_pending(cluster: Cluster, namespace: str) -> None:
    _apply(cluster, namespace, _pod("greedy", "", resources={"limits": {"nvidia.com/gpu": 9}}))

    events = ("get", "events", "--namespace", namespace, "--output=jsonpath={.items[*].message}")
    eventually(lambda: "Insufficient nvidia.com/gpu" in cluster.kubectl(*events))


def test_memory_beyond_the_limit_is_oom_killed(cluster: Cluster, namespace: str) -> None:
    _apply(cluster, namespace, _pod("big", "b'x' * 200_000_000", resources={"limits": {"memory": "50Mi"}}))

    ended = _ended(cluster, namespace, "big")
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)


def test_unknown_image_cannot_be_pulled(cluster: Cluster, namespace: str) -> None:
    _apply(cluster, namespace, _pod("absent", "", image="ghcr.io/trainjob-operator/absent:0.1.0"))

    eventually(lambda: _state(cluster, namespace, "absent").get("waiting", {}).get("reason") == "ErrImagePull")


def test_termination_message_falls_back_to_the_log(cluster: Cluster, namespace: str) -> None:
    script = "print('a plain last line'); raise SystemExit(3)"
    _apply(cluster, namespace, _pod("broken", script, terminationMessagePolicy="FallbackToLogsOnError"))

    ended = _ended(cluster, namespace, "broken")
    assert (ended["exitCode"], ended["message"]) == (3, "a plain last line\n")
    assert cluster.kubectl("logs", "broken", "--namespace", namespace) == "a plain last line\n"


def test_grace_period_lets_a_pod_end_itself(cluster: Cluster, namespace: str) -> None:
    script = (
        "import signal, sys, time; "
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('asked to end'))); "
        "print('ready'); time.sleep(600)"
    )
    pod = _pod("patient", script)
    pod["spec"]["terminationGracePeriodSeconds"] = 120
    _apply(cluster, namespace, pod)
    logs = ("logs", "patient", "--namespace", namespace)
    eventually(lambda: _state(cluster, namespace, "patient").get("running") and "ready" in cluster.kubectl(*logs))

    follow = subprocess.Popen(
        [cluster.spec.kubectl, f"--kubeconfig={cluster.kubeconfig}", *logs, "--follow"],
        stdout=subprocess.PIPE,
        text=True,
    )
    cluster.kubectl("delete", "pod", "patient", "--namespace", namespace, "--timeout=60s")

    assert follow.communicate(timeout=60)[0] == "ready\nasked to end\n"


def test_service_reaches_a_pod_on_the_other_node_by_name(cluster: Cluster, namespace: str) -> None:
    server = _pod("server", "", command=["python3", "-m", "http.server", "8080", "--directory=/etc"])
    server["spec"]["nodeName"] = "node-0"
    names = ["server", f"server.{namespace}.svc.cluster.local"]
    client = _pod("client", _fetch(*(f"http://{name}/hostname" for name in names)))
    client["spec"]["nodeName"] = "node-1"
    client["spec"]["restartPolicy"] = "OnFailure"
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "server"},
        "spec": {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }

    _apply(cluster, namespace, service, server, client)

    eventually(lambda: _phase(cluster, namespace, "client") == "Succeeded")
    assert cluster.kubectl("logs", "client", "--namespace", namespace).endswith("200\n200\n")


def test_pod_reaches_a_server_on_this_machine(cluster: Cluster, namespace: str) -> None:
    with socket.create_server((cluster.host_address, 0)) as server:
        port = server.getsockname()[1]
        address = (cluster.host_address, port)
        _apply(
            cluster,
            namespace,
            _pod("guest", f"import socket; socket.create_connection({address}, 5).sendall(b'hello')"),
        )
        server.settimeout(60)
        connection, _ = server.accept()
        with connection:
            assert connection.recv(100) == b"hello"


def test_killed_node_is_gone_and_comes_back() -> None:
    name = f"nodes-{os.getpid()}"
    with Cluster.start(name, nodes=1) as small:
        small.kill_node(0)
        assert "node-0" not in small.programs()
        small.start_program("node-0")
        eventually(lambda: "True" in small.kubectl("get", "nodes", f"--output=jsonpath={_READY}"))
    assert registry.left_by(name) == []


def test_two_clusters_run_side_by_side_and_leave_nothing(cluster: Cluster) -> None:
    name = f"beside-{os.getpid()}"
    with Cluster.start(name, nodes=1) as beside:
        beside.load(base_images.archive(base_images.PYTHON))
        _apply(beside, "default", _pod("sleeper", "import time; time.sleep(600)"))
        eventually(lambda: _phase(beside, "default", "sleeper") == "Running")
        assert beside.host_address != cluster.host_address
        assert "node-1" in cluster.kubectl("get", "nodes")

    assert registry.left_by(name) == []
    assert network.host_interface(beside.spec.slot) not in network.host_links()
    beside.down()  # once more does no harm


def test_cluster_ends_with_the_process_that_holds_it() -> None:
    name = f"killed-{os.getpid()}"
    script = f"""
import time
from tests.devcluster import Cluster, base_images
cluster = Cluster.start({name!r}, nodes=1)
print("up", flush=True)
time.sleep(600)
"""
    holder = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "up\n"
        holder.send_signal(signal.SIGKILL)

    eventually(lambda: not [line for line in registry.left_by(name) if line.startswith(("process", "mount"))])
    registry.end(name)
    assert registry.left_by(name) == []
