"""All checks, cheap ones first; what reads the whole data set runs on the first node only."""

from collections.abc import Callable, Sequence

from trainjob_torchtune.hardware.devices import Capability
from trainjob_torchtune.preflight.data.files import check_files, is_local, list_files
from trainjob_torchtune.preflight.data.packing import check_packing
from trainjob_torchtune.preflight.data.progress import Progress
from trainjob_torchtune.preflight.data.rows import Rows, look_at_rows
from trainjob_torchtune.preflight.data.steps import check_steps
from trainjob_torchtune.preflight.guard import run_guarded
from trainjob_torchtune.preflight.model.checkpoint import check_checkpoints
from trainjob_torchtune.preflight.model.quantization import check_quantization
from trainjob_torchtune.preflight.model.sizes import check_sizes
from trainjob_torchtune.preflight.model.template import advise_template
from trainjob_torchtune.preflight.model.tokenizer import check_tokenizer
from trainjob_torchtune.preflight.model.weights import describe_bytes
from trainjob_torchtune.preflight.run.accelerators import advise_accelerators, check_accelerators
from trainjob_torchtune.preflight.run.compiler import check_compiler
from trainjob_torchtune.preflight.run.logger import check_logger
from trainjob_torchtune.preflight.run.memory import advise_memory, read_limit
from trainjob_torchtune.preflight.run.output import check_output
from trainjob_torchtune.preflight.run.precision import advise_precision, check_precision
from trainjob_torchtune.preflight.run.resumption import check_resumption
from trainjob_torchtune.preflight.run.space import check_space
from trainjob_torchtune.preflight.run.tasks import check_tasks
from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation

Say = Callable[[str], None]
# Which takes seconds.
_WORTH_A_LINE = 64 << 20


def check(training: Training, topology: Topology, accelerators: int | None, say: Say) -> Violation | None:
    """Return why this run cannot succeed, if that can be known now."""
    checks: dict[str, Callable[[], Violation | None]] = {
        "of the precision": lambda: check_precision(training),
        "of packed rows": lambda: check_packing(training),
        "for a compiler": lambda: check_compiler(training),
        "of the metric logger": lambda: check_logger(training),
        "for a state to resume": lambda: check_resumption(training),
        "of the model's files": lambda: check_checkpoints(training),
        "of the model's size": lambda: check_sizes(training),
        "of the quantization": lambda: check_quantization(training),
        "of the tokenizer": lambda: check_tokenizer(training),
        "of the output folder": lambda: check_output(training),
        "of the free space": lambda: check_space(training, topology),
        "of the GPUs": lambda: check_accelerators(training, topology, accelerators),
        "of the tasks": lambda: check_tasks(training.evaluation),
        "of the data": lambda: _check_data(training, topology, say),
    }
    violations = (run_guarded(one, name, say) for name, one in checks.items())
    return next((violation for violation in violations if violation is not None), None)


def advise(training: Training, topology: Topology, gpus: Sequence[Capability] | None, say: Say) -> tuple[str, ...]:
    """Return what may well go wrong, or costs more than it needs to: nothing that is certain enough to refuse."""
    visible = None if gpus is None else len(gpus)
    advisers: dict[str, Callable[[], str | None]] = {
        "of the GPUs": lambda: advise_accelerators(training, topology, visible),
        "of the precision": lambda: advise_precision(training, gpus or ()),
        "of the chat template": lambda: advise_template(training),
        "of the memory": lambda: advise_memory(training, topology, read_limit()),
    }
    sentences = (run_guarded(one, name, say) for name, one in advisers.items())
    return tuple(sentence for sentence in sentences if sentence is not None)


def _check_data(training: Training, topology: Topology, say: Say) -> Violation | None:
    local = [dataset for dataset in training.datasets if is_local(dataset)]
    for dataset in local:
        if (violation := check_files(dataset)) is not None:
            return violation
    if topology.node_rank != 0:
        return None
    total, is_counted = 0, len(local) == len(training.datasets)
    size = sum(path.stat().st_size for dataset in local for path in list_files(dataset))
    is_long = size > _WORTH_A_LINE
    if is_long:
        say(f"Data: reading {describe_bytes(size)} to look at every row; the recipe finds them read.")
    for dataset in local:
        with Progress(say, is_long=is_long) as progress:
            rows = look_at_rows(dataset, training.max_seq_len, progress.note)
        if isinstance(rows, Violation):
            return rows
        for sentence in rows.advice if rows is not None else ():
            say(f"Warning: {sentence}")
        is_counted = is_counted and isinstance(rows, Rows) and rows.number is not None
        total += (rows.number if rows is not None else None) or 0
    return check_steps(total, training.batches, topology) if local and is_counted else None
