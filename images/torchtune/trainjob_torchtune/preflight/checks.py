"""All checks, cheap ones first; what reads the whole data set runs on the first node only."""

from collections.abc import Sequence

from trainjob_torchtune.hardware.devices import Capability
from trainjob_torchtune.preflight.accelerators import advise_accelerators, check_accelerators
from trainjob_torchtune.preflight.checkpoint import check_checkpoints
from trainjob_torchtune.preflight.compiler import check_compiler
from trainjob_torchtune.preflight.memory import advise_memory, read_limit
from trainjob_torchtune.preflight.output import check_output
from trainjob_torchtune.preflight.packing import check_packing
from trainjob_torchtune.preflight.precision import advise_precision, check_precision
from trainjob_torchtune.preflight.resumption import check_resumption
from trainjob_torchtune.preflight.rows import advise_rows, check_files, count_rows, is_local
from trainjob_torchtune.preflight.sizes import check_sizes
from trainjob_torchtune.preflight.space import check_space
from trainjob_torchtune.preflight.steps import check_steps
from trainjob_torchtune.preflight.tasks import check_tasks
from trainjob_torchtune.preflight.tokenizer import check_tokenizer
from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check(training: Training, topology: Topology, accelerators: int) -> Violation | None:
    """Return why this run cannot succeed, if that can be known now."""
    return (
        check_precision(training)
        or check_packing(training)
        or check_compiler(training)
        or check_resumption(training)
        or check_checkpoints(training)
        or check_sizes(training)
        or check_tokenizer(training)
        or check_output(training)
        or check_space(training, topology)
        or check_accelerators(training, topology, accelerators)
        or check_tasks(training.evaluation)
        or _check_data(training, topology)
    )


def advise(training: Training, topology: Topology, gpus: Sequence[Capability]) -> tuple[str, ...]:
    """Return what may well go wrong, or costs more than it needs to: nothing that is certain enough to refuse."""
    advice = (
        advise_accelerators(training, topology, len(gpus)),
        advise_precision(training, gpus),
        advise_memory(training, topology, read_limit()),
        advise_rows(training, topology),
    )
    return tuple(sentence for sentence in advice if sentence is not None)


def _check_data(training: Training, topology: Topology) -> Violation | None:
    local = [dataset for dataset in training.datasets if is_local(dataset)]
    for dataset in local:
        if (violation := check_files(dataset)) is not None:
            return violation
    if topology.node_rank != 0:
        return None
    total = 0
    for dataset in local:
        match count_rows(dataset):
            case Violation() as violation:
                return violation
            case int() as rows:
                total += rows
            case None:
                return None
    return check_steps(total, training.batches, topology) if local and len(local) == len(training.datasets) else None
