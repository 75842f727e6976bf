"""The rows have to make an optimizer step: if they do not, TorchTune trains nothing, saves the model and exits 0."""

from math import ceil

from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import Batches
from trainjob_torchtune.violation import Violation


def check_steps(rows: int, batches: Batches, topology: Topology) -> Violation | None:
    """Count as the recipes do: rows are dealt to the replicas, batched, and batches accumulated to steps.

    torchdata's StatefulDistributedSampler deals the same number to everyone by repeating a few rows; the recipes drop
    an incomplete batch and leave batches that do not fill a step.
    """
    replicas = max(topology.world_size // batches.tensor_parallel, 1)
    dealt = ceil(rows / replicas)
    whole = ceil(dealt / batches.size) if batches.keeps_last else dealt // batches.size
    if whole // batches.accumulation >= 1:
        return None
    shares = f" over {replicas} processes" if replicas > 1 else ""
    if whole == 0:
        remedy = (
            f"set batch_size to {dealt} or less and gradient_accumulation_steps=1" if dealt else "check the data set"
        )
    else:
        remedy = f"set gradient_accumulation_steps to {whole} or less"
    return Violation(
        f"{rows} rows{shares} are {whole} batches of batch_size={batches.size}, not enough for one optimizer step of "
        f"gradient_accumulation_steps={batches.accumulation} batches: use more rows, or {remedy}."
    )
