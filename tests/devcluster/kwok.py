"""Nodes that only pretend, by Kubernetes' own KWOK: for load on the control plane that one machine could not carry."""

from pathlib import Path

from tests.devcluster.spec import ClusterSpec

_STAGES = Path(__file__).with_name("kwok.yaml")
_MINE = "kwok.x-k8s.io/node"


def argv(spec: ClusterSpec) -> list[str]:
    """Return KWOK's command line; it plays the nodes that carry its annotation, and no others."""
    return [
        spec.programs["kwok"],
        f"--kubeconfig={spec.kubeconfig('kwok')}",
        f"--config={_STAGES}",
        f"--manage-nodes-with-annotation-selector={_MINE}=fake",
        "--node-lease-duration-seconds=40",
        "--server-address=127.0.0.1:10247",
    ]


def nodes(count: int, gpus: int) -> list[dict[str, object]]:
    """Return the nodes that it plays: room for everything, and so many GPUs each."""
    room = {"cpu": "1000", "memory": "1Ti", "pods": "100000", "nvidia.com/gpu": str(gpus)}
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": f"kwok-{number}",
                "annotations": {_MINE: "fake"},
                "labels": {"kubernetes.io/hostname": f"kwok-{number}", "kubernetes.io/os": "linux", "type": "kwok"},
            },
            "status": {"allocatable": room, "capacity": room},
        }
        for number in range(count)
    ]
