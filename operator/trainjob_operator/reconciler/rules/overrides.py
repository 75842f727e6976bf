"""What a TrainJob may tell TorchTune, in the command line that it comes to with its runtime's."""

from collections.abc import Iterator, Sequence

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.torchtune.arguments import component_key_of
from trainjob_operator.torchtune.faults import find_faults


def check_overrides(job: TrainJob, run: TuneRun | None) -> Iterator[Violation]:
    """Find the overrides with which the recipe cannot run."""
    for fault in find_faults(run) if run is not None else ():
        yield Violation(Reason.INVALID_SPEC, _field_of(job, fault.key), fault.message)


def _field_of(job: TrainJob, key: str) -> str:
    """Name the TrainJob's last word about a key, or its runtime if it is only the runtime's."""
    trainer = job.spec.trainer
    for field, words in (
        ("args", (trainer.args if trainer is not None else None) or ()),
        ("command", (trainer.command if trainer is not None else None) or ()),
    ):
        at = _last(words, key)
        if at is not None:
            return f"spec.trainer.{field}[{at}]"
    return "spec.runtimeRef"


def _last(words: Sequence[str], key: str) -> int | None:
    return next((at for at in reversed(range(len(words))) if component_key_of(words[at]) == key), None)
