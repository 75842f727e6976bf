"""Every training process needs a GPU of its own."""

from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check_accelerators(training: Training, topology: Topology, visible: int | None) -> Violation | None:
    """Compare the processes of this node with the GPUs that its container sees; None if that cannot be known."""
    if visible is None or not training.device.startswith("cuda") or topology.processes_per_node <= visible:
        return None
    if visible == 0:
        return Violation(
            "The container sees no GPU, but device=cuda: request one (trainer.resourcesPerNode, nvidia.com/gpu), "
            "or use the torchtune-cpu image."
        )
    return Violation(
        f"{topology.processes_per_node} processes are to train on this node, but its container sees {visible} GPU(s): "
        "set trainer.numProcPerNode to the number of GPUs, or request more of them."
    )


def advise_accelerators(training: Training, topology: Topology, visible: int | None) -> str | None:
    """Warn of GPUs that nobody uses. Such a run is not refused, since Kubeflow Trainer starts it too."""
    if visible is None:
        return None
    idle = visible - topology.processes_per_node
    if not training.device.startswith("cuda") or idle <= 0:
        return None
    return (
        f"The container sees {visible} GPUs, but {topology.processes_per_node} process(es) train on this node: {idle} "
        f"GPU(s) are idle. Set trainer.numProcPerNode to {visible}, or request {topology.processes_per_node}."
    )
