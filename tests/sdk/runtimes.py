"""The bundled runtimes under their own names, as they are shipped, but for what their images bring.

All containers get the image of Python, and a folder on PATH with programs that stand in for the images' own: `tune` and
the initializers' say what they were called with, take their time, and end. So commands, arguments and all else of the
pods stay as they are. Only `torchrun` is the real one, of the environment in which other tests train.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.cluster.kube import Body
from tests.devcluster import base_images
from tests.devcluster.cache import ROOT
from tests.devcluster.node import TORCH
from tests.sdk import stand_ins

NAMES = ("torchtune-llama3.2-1b", "torchtune-llama3.2-3b", "torchtune-qwen2.5-1.5b", "torch-distributed")
_PROGRAMS = "stand-ins"
_TORCH_VOLUME = "torch"
_STAND_IN = r"""#!/bin/sh
trap 'exit 143' TERM
printf 'argument: %s\n' "$@"
step=0
while [ $step -lt "${STEPS:-1}" ]; do
  step=$((step + 1))
  echo "${0##*/}: step $step"
  sleep 1 & wait $!
done
[ -z "$ERROR" ] || { echo "$ERROR"; exit 1; }
"""


def bundled_runtimes() -> Iterator[Body]:
    """Make the runtimes."""
    for name in NAMES:
        runtime = yaml.safe_load((ROOT / "runtimes" / f"{name}.yaml").read_text())
        for step in runtime["spec"]["template"]["spec"]["replicatedJobs"]:
            _equip(step["template"]["spec"]["template"]["spec"], with_torch=name == "torch-distributed")
        yield runtime


def surroundings(namespace: str, nodes: list[str], torch: Path) -> list[Body]:
    """Make what pods of these runtimes need in a namespace: the stand-ins, and the environment of torch as a volume."""
    programs = dict.fromkeys(("tune", "dataset", "model"), _STAND_IN)
    programs["torchrun"] = f'#!/bin/sh\nexec {TORCH}/bin/torchrun "$@"\n'
    name = torch_volume(namespace)
    size = {"storage": "10Gi"}
    on_nodes = {"key": "kubernetes.io/hostname", "operator": "In", "values": nodes}
    access = {"accessModes": ["ReadOnlyMany"], "storageClassName": ""}
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": _PROGRAMS, "namespace": namespace},
            "data": programs,
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": access
            | {
                "capacity": size,
                "persistentVolumeReclaimPolicy": "Retain",
                "local": {"path": str(torch)},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_nodes]}]}},
                "claimRef": {"namespace": namespace, "name": _TORCH_VOLUME},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": _TORCH_VOLUME, "namespace": namespace},
            "spec": access | {"resources": {"requests": size}, "volumeName": name},
        },
    ]


def torch_volume(namespace: str) -> str:
    """Name the volume, which does not go with its namespace."""
    return f"torch-{namespace}"


def _equip(pod: Body, *, with_torch: bool) -> None:
    volumes: dict[str, tuple[str, Body]] = {
        _PROGRAMS: ("/usr/local/sbin", {"configMap": {"name": _PROGRAMS, "defaultMode": 0o555}})
    }
    if with_torch:
        # Read-only in the volume as well: else the kubelet would give every file of it to the pod's group.
        claim = {"claimName": _TORCH_VOLUME, "readOnly": True}
        volumes[_TORCH_VOLUME] = (TORCH, {"persistentVolumeClaim": claim})
    pod["volumes"] += [{"name": name} | source for name, (_, source) in volumes.items()]
    for container in pod["containers"]:
        container["image"] = base_images.PYTHON
        container["env"] += [_from_annotation("STEPS", stand_ins.STEPS), _from_annotation("ERROR", stand_ins.ERROR)]
        container["volumeMounts"] += [
            {"name": name, "mountPath": path, "readOnly": True} for name, (path, _) in volumes.items()
        ]


def _from_annotation(variable: str, annotation: str) -> Body:
    return {"name": variable, "valueFrom": {"fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"}}}
